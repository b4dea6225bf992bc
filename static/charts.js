// Draws the day's curve and a symbol's price. Colours are read from the tokens each time.
(function () {
  "use strict";
  const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", Arial, sans-serif';
  const two = (n) => String(n).padStart(2, "0");
  const clock = (seconds) => { const d = new Date(seconds * 1000); return two(d.getUTCHours()) + ":" + two(d.getUTCMinutes()); };
  const grouped = (text) => text.replace(/\B(?=(\d{3})+(?!\d))/g, ",");
  const plain = (value, places) => { const [whole, rest] = Math.abs(value).toFixed(places).split("."); return (value < 0 ? "−" : "") + grouped(whole) + (rest ? "." + rest : ""); };
  const signed = (value) => (value > 0 ? "+" : "") + plain(value, 2);
  function colours() {
    const probe = document.createElement("i");
    document.body.appendChild(probe);
    const found = {};
    ["bg", "ink", "muted", "line", "edge", "accent", "gain", "loss", "warn", "dangerink", "hover"].forEach((name) => {
      probe.style.color = "var(--" + name + ")";
      found[name] = getComputedStyle(probe).color;
    });
    probe.remove();
    return found;
  }

  // ---------- the day's curve ----------
  let plot = null, holder = null, drawn = "";
  function drawEquity(again) {
    const next = document.querySelector('[data-chart="equity"]');
    if (!next || !window.uPlot) return;
    if (next === holder && next.dataset.curve === drawn && !again) return;
    const data = JSON.parse(next.dataset.curve), values = data.v.map((v) => v / 100);
    if (next === holder && plot && !again) { plot.tbot = data; plot.setData([data.t, values]); drawn = next.dataset.curve; return; }
    if (plot) plot.destroy();
    holder = next; drawn = next.dataset.curve;
    const c = colours(), limit = data.limit / 100, readout = holder.parentElement.querySelector(".readout");
    const width = Math.max(280, holder.clientWidth), narrow = width < 600;
    const line = (u, value, colour, dash, words, where) => {
      const y = Math.round(u.valToPos(value, "y", true)), d = devicePixelRatio, ctx = u.ctx;
      ctx.save(); ctx.strokeStyle = colour; ctx.lineWidth = d; ctx.setLineDash(dash.map((n) => n * d));
      ctx.beginPath(); ctx.moveTo(u.bbox.left, y); ctx.lineTo(u.bbox.left + u.bbox.width, y); ctx.stroke();
      ctx.restore();
      if (words) word(u, words, colour, u.bbox.left + 4 * d, y + where * d, "left");
    };
    // Words never stand on words: what finds no room is left out; the readout and the table have it.
    let taken = [];
    const word = (u, text, colour, x, y, align) => {
      const ctx = u.ctx, d = devicePixelRatio, pad = 2 * d;
      ctx.save(); ctx.font = 12 * d + "px " + FONT; ctx.textAlign = "left";
      const wide = ctx.measureText(text).width, right = u.bbox.left + u.bbox.width;
      let from = { center: x - wide / 2, right: x - wide, left: x }[align];
      from = Math.max(u.bbox.left + pad, Math.min(from, right - wide - pad));
      const box = [from - pad, y - 11 * d, from + wide + pad, y + 3 * d];
      const free = taken.every((b) => box[2] <= b[0] || b[2] <= box[0] || box[3] <= b[1] || b[3] <= box[1]);
      const fits = free && box[1] >= u.bbox.top - d && box[3] <= u.bbox.top + u.bbox.height + d;
      if (fits) {
        taken.push(box);
        // No line of the grid runs through a word.
        ctx.strokeStyle = c.bg; ctx.lineWidth = 3 * d; ctx.lineJoin = "round"; ctx.strokeText(text, from, y);
        ctx.fillStyle = colour; ctx.fillText(text, from, y);
      }
      ctx.restore();
      return fits;
    };
    // A trade's symbol, over or under its mark, or beside it where the curve passes there.
    const name = (u, text, colour, x, y, way) => {
      const d = devicePixelRatio, over = [x, y - 10 * d, "center"], under = [x, y + 18 * d, "center"];
      const places = [...(way > 0 ? [over, under] : [under, over]), [x + 8 * d, y + 4 * d, "left"], [x - 8 * d, y + 4 * d, "right"]];
      places.some(([at, base, align]) => word(u, text, colour, at, base, align));
    };
    // The curve takes its room too: from each point along to the next, and up or down to it.
    const curve = (u, t, v) => {
      let x = 0, y = 0;
      t.forEach((at, i) => {
        const nx = u.valToPos(at, "x", true), ny = u.valToPos(v[i], "y", true);
        if (i) taken.push([x, y - 1, nx, y + 1], [nx - 1, Math.min(y, ny), nx + 1, Math.max(y, ny)]);
        [x, y] = [nx, ny];
      });
    };
    const under = (u) => {
      const ctx = u.ctx, d = devicePixelRatio;
      taken = [];
      ctx.save();
      u.tbot.w.forEach(([name, from, to]) => {
        const left = Math.max(u.bbox.left, u.valToPos(from, "x", true)), right = Math.min(u.bbox.left + u.bbox.width, u.valToPos(to, "x", true));
        if (right <= left) return;
        ctx.fillStyle = c.hover; ctx.fillRect(left, u.bbox.top, right - left, u.bbox.height);
        word(u, name, c.muted, left + 5 * d, u.bbox.top + 14 * d, "left");
      });
      ctx.restore();
      line(u, 0, c.edge, [], "", 0);
      if (u.scales.y.min <= -limit) {
        line(u, -limit / 2, c.warn, [5, 4], narrow ? "" : "half of the limit", 14);
        line(u, -limit, c.dangerink, [], "daily loss limit: freezes entries", -5);
      } else word(u, "daily loss limit: " + plain(-limit, 0) + ", below", c.dangerink, u.bbox.left + 4 * d, u.bbox.top + u.bbox.height - 6 * d, "left");
    };
    const over = (u) => {
      const ctx = u.ctx, d = devicePixelRatio, t = u.data[0], v = u.data[1];
      ctx.save();
      const names = [];
      curve(u, t, v);
      u.tbot.m.forEach(([at, won, symbol]) => {
        let i = t.findIndex((s) => s >= at);
        if (i < 0) i = t.length - 1;
        const x = u.valToPos(t[i], "x", true), y = u.valToPos(v[i], "y", true), r = 4.5 * d, way = won ? 1 : -1;
        ctx.beginPath(); ctx.moveTo(x, y - way * 4 * d); ctx.lineTo(x - r, y + way * 4 * d); ctx.lineTo(x + r, y + way * 4 * d); ctx.closePath();
        ctx.strokeStyle = c.bg; ctx.lineWidth = 2 * d; ctx.stroke(); ctx.fillStyle = won ? c.gain : c.loss; ctx.fill();
        taken.push([x - r, y - 5 * d, x + r, y + 5 * d]);
        if (!narrow) names.push([symbol, won ? c.gain : c.loss, x, y, way]);
      });
      const last = t.length - 1;
      if (last >= 0) {
        const x = u.valToPos(t[last], "x", true), y = u.valToPos(v[last], "y", true);
        ctx.strokeStyle = c.ink; ctx.lineWidth = d; ctx.beginPath(); ctx.moveTo(x, u.bbox.top); ctx.lineTo(x, u.bbox.top + u.bbox.height); ctx.stroke();
        taken.push([x - 2 * d, u.bbox.top, x + 2 * d, u.bbox.top + u.bbox.height]);
        ctx.fillStyle = c.ink; ctx.beginPath(); ctx.arc(x, y, 3 * d, 0, 7); ctx.fill();
      }
      names.forEach((told) => name(u, ...told));
      ctx.restore();
    };
    const read = (u) => {
      const i = u.cursor.idx;
      if (!readout) return;
      if (i == null) { readout.textContent = ""; return; }
      const near = u.tbot.m.filter((m) => Math.abs(m[0] - u.data[0][i]) < 60).map((m) => m[3]);
      readout.textContent = clock(u.data[0][i]) + " UTC: " + signed(u.data[1][i]) + " USD" + (near.length ? "; " + near.join("; ") : "");
    };
    const axis = { stroke: c.muted, font: "12px " + FONT, ticks: { show: false }, grid: { stroke: c.line, width: 1 } };
    const step = narrow ? 7200 : 3600;
    // A day far from its limit is drawn in its own size; the limit is then said in words at the foot.
    const range = (u, from, to) => {
      const low = Math.min(from, 0), high = Math.max(to, 0), near = low < -limit / 4;
      const reach = Math.max(high - low, limit * 0.02);
      const bottom = near ? Math.min(-limit * 1.08, low * 1.05) : low - reach * 0.45;
      return [bottom, high + Math.max((high - bottom) * 0.14, reach * 0.1)];
    };
    plot = new uPlot({
      width: width, height: holder.clientHeight, legend: { show: false }, padding: [4, 0, 0, 4],
      cursor: { drag: { x: false, y: false }, y: false, points: { size: 7, stroke: c.ink, fill: c.bg } },
      scales: {
        x: { time: false, range: (u, from, to) => [data.open || from, Math.max(data.close || to, to)] },
        y: { range: range },
      },
      axes: [
        Object.assign({}, axis, { size: 26, grid: { show: false }, splits: (u, i, from, to) => { const s = []; for (let t = Math.ceil(from / step) * step; t <= to; t += step) s.push(t); return s; }, values: (u, v) => v.map(clock) }),
        Object.assign({}, axis, { side: 1, size: narrow ? 56 : 72, values: (u, v) => v.map((n) => plain(n, 0)) }),
      ],
      series: [{}, { stroke: c.ink, width: 1.5, paths: uPlot.paths.stepped({ align: 1 }), points: { show: false } }],
      hooks: { init: [(u) => { u.tbot = data; }], drawClear: [under], draw: [over], setCursor: [read] },
    }, [data.t, values], holder);
    holder.onkeydown = (event) => {
      if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
      event.preventDefault();
      const last = plot.data[0].length - 1, way = event.key === "ArrowLeft" ? -1 : 1;
      const at = plot.cursor.idx == null ? last : Math.min(last, Math.max(0, plot.cursor.idx + way));
      plot.setCursor({ left: plot.valToPos(plot.data[0][at], "x"), top: 10 });
      readout.setAttribute("aria-live", "polite");
    };
  }

  // ---------- a symbol's price ----------
  let chart = null;
  function drawPrice(place, told) {
    const lib = window.LightweightCharts, c = colours(), readout = document.querySelector("[data-readout]");
    if (chart) chart.remove();
    const plainText = (n) => n.toFixed(2);
    chart = lib.createChart(place, {
      autoSize: true,
      layout: { background: { color: c.bg }, textColor: c.muted, fontFamily: FONT, fontSize: 12, attributionLogo: false },
      grid: { vertLines: { color: c.line }, horzLines: { color: c.line } },
      rightPriceScale: { borderColor: c.line }, timeScale: { borderColor: c.line, timeVisible: true, secondsVisible: false },
      crosshair: { mode: 0 }, localization: { priceFormatter: plainText, timeFormatter: clock },
    });
    const bars = chart.addSeries(lib.BarSeries, { upColor: c.gain, downColor: c.loss, thinBars: true, priceLineVisible: false });
    bars.setData(told.bars.map((b) => ({ time: b[0], open: Number(b[1]), high: Number(b[2]), low: Number(b[3]), close: Number(b[4]) })));
    // The session's volume-weighted average price, of the bars that are shown.
    let worth = 0, volume = 0;
    const vwap = told.bars.map((b) => {
      worth += ((Number(b[2]) + Number(b[3]) + Number(b[4])) / 3) * Number(b[5]); volume += Number(b[5]);
      return volume > 0 ? { time: b[0], value: worth / volume } : { time: b[0] };
    });
    chart.addSeries(lib.LineSeries, { color: c.accent, lineWidth: 1, priceLineVisible: false, lastValueVisible: false, crosshairMarkerVisible: false }).setData(vwap);
    told.lines.forEach((l) => bars.createPriceLine({ price: Number(l.price), color: l.what === "stop" ? c.loss : c.gain, lineStyle: 2, lineWidth: 1, title: l.what }));
    const first = told.bars.length ? told.bars[0][0] : 0;
    const minute = (at) => Math.max(first, at - (at % 60));
    const marks = told.marks.map((m) => {
      const buys = (m.side === "long") === (m.what !== "exit");
      return m.what === "blocked"
        ? { time: minute(m.at - 60), position: "aboveBar", shape: "circle", color: c.muted, text: "⊘ " + (m.why || "blocked") }
        : { time: minute(m.at), position: buys ? "belowBar" : "aboveBar", shape: buys ? "arrowUp" : "arrowDown", color: m.what === "entry" ? c.ink : c.accent, text: m.what };
    }).sort((a, b) => a.time - b.time);
    lib.createSeriesMarkers(bars, marks);
    chart.timeScale().fitContent();
    if (readout) readout.textContent = told.bars.length ? told.bars.length + " bars; the line is VWAP, ⊘ a blocked signal, dashed are stop and target." : "No bar of " + told.symbol + " in this session yet.";
  }
  let prices = null;
  function loadPrice() {
    const place = document.querySelector('[data-chart="price"]');
    if (!place || !window.LightweightCharts) return;
    fetch("/api/v1/symbols/" + encodeURIComponent(place.dataset.symbol) + "/bars", { credentials: "same-origin" })
      .then((answer) => answer.json()).then((told) => {
        if (!told.bars) return;
        const same = prices && prices.bars.length === told.bars.length && prices.marks.length === told.marks.length;
        prices = told;
        if (!same) drawPrice(place, told);
      }).catch(() => { const readout = document.querySelector("[data-readout]"); if (readout) readout.textContent = "The bars could not be loaded; trading is not affected. Tried again in 30 s."; });
  }

  document.addEventListener("tbot:region", () => drawEquity(false));
  document.addEventListener("tbot:theme", () => { drawEquity(true); const place = document.querySelector('[data-chart="price"]'); if (place && prices) drawPrice(place, prices); });
  let resized = 0;
  addEventListener("resize", () => { clearTimeout(resized); resized = setTimeout(() => drawEquity(true), 150); });
  drawEquity(false);
  loadPrice();
  setInterval(loadPrice, 30000);
})();
