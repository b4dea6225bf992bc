// Draws the report's charts from the data in the page. Nothing is fetched, nothing is stored but the choice of colours.
(function () {
  "use strict";
  const root = document.documentElement;
  const byId = (id) => document.getElementById(id);
  const data = JSON.parse(byId("data").textContent);
  const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", Arial, sans-serif';
  const two = (n) => String(n).padStart(2, "0");
  const clock = (seconds) => { const d = new Date(seconds * 1000); return two(d.getUTCHours()) + ":" + two(d.getUTCMinutes()); };
  const day = (seconds) => new Date(seconds * 1000).toISOString().slice(0, 10);
  const grouped = (text) => text.replace(/\B(?=(\d{3})+(?!\d))/g, ",");
  const plain = (value, places) => (value < 0 ? "−" : "") + grouped(Math.abs(value).toFixed(places).split(".")[0]) + (places ? "." + Math.abs(value).toFixed(places).split(".")[1] : "");
  const signed = (cents) => (cents > 0 ? "+" : "") + plain(cents / 100, 2);

  // Colours are read from the tokens, where light and dark are decided, each time something is drawn.
  function colours() {
    const probe = document.createElement("i");
    document.body.appendChild(probe);
    const read = (name) => { probe.style.color = "var(--" + name + ")"; return getComputedStyle(probe).color; };
    const all = {};
    ["bg", "ink", "muted", "line", "edge", "accent", "gain", "loss", "warn", "selected", "hover"].forEach((n) => { all[n] = read(n); });
    probe.remove();
    return all;
  }
  const faint = (rgb, alpha) => rgb.replace("rgb(", "rgba(").replace(")", ", " + alpha + ")");

  // The width of a sheet, A4 or Letter, between its margins.
  const PAPER = 680;
  let paper = false;

  // ---------- equity and drawdown ----------
  let plots = [];
  const equity = data.equity;

  function axes(c, narrow, height, splitsOfX) {
    const style = { stroke: c.muted, font: "12px " + FONT, ticks: { show: false }, grid: { stroke: c.line, width: 1 } };
    return [
      Object.assign({}, style, { size: height, grid: { show: false }, splits: splitsOfX.splits, values: splitsOfX.values }),
      Object.assign({}, style, { side: 1, size: narrow ? 64 : 84, splits: undefined, values: (u, all) => all.map((v) => plain(v, all.every(Number.isInteger) ? 0 : 2)) }),
    ];
  }

  function ticksOfX(narrow, width) {
    const starts = equity.s;
    if (starts.length === 1) {
      const hours = equity.t.map((t, i) => [i, t]).filter(([i, t]) => i > 0 && t % 3600 === 0 && t !== equity.t[i - 1]);
      return { splits: () => hours.map((h) => h[0]), values: () => hours.map((h) => clock(h[1])) };
    }
    // A session's label stands at its middle; labels that would touch are left out.
    const last = equity.t.length - 1, need = ((narrow ? 46 : 84) * Math.max(1, last)) / Math.max(1, width - (narrow ? 80 : 110));
    const shown = [];
    starts.forEach((s, i) => {
      const end = i + 1 < starts.length ? starts[i + 1][0] - 1 : last, middle = Math.round((s[0] + end) / 2);
      const before = shown.length ? shown[shown.length - 1][0] : -need / 2;
      if (middle - before >= need && last - middle >= need / 2) shown.push([middle, s[1]]);
    });
    return { splits: () => shown.map((s) => s[0]), values: () => shown.map((s) => (narrow ? s[1].slice(5) : s[1])) };
  }

  function marks(u, c) {
    const ctx = u.ctx, dpr = window.devicePixelRatio || 1;
    ctx.save();
    equity.m.forEach(([at, won]) => {
      const x = u.valToPos(at, "x", true), y = u.valToPos(equity.e[at] / 100, "y", true), r = 4.5 * dpr, way = won ? 1 : -1;
      ctx.fillStyle = won ? c.gain : c.loss;
      ctx.strokeStyle = c.bg; ctx.lineWidth = 2 * dpr;
      ctx.beginPath();
      ctx.moveTo(x, y - way * r * 2.2); ctx.lineTo(x - r, y - way * r * 0.4); ctx.lineTo(x + r, y - way * r * 0.4); ctx.closePath();
      ctx.stroke(); ctx.fill();
    });
    ctx.restore();
  }

  function drawEquity() {
    const holder = byId("equity-plot");
    if (!holder || equity.t.length === 0) { if (holder) { holder.textContent = "There is no point of equity to draw."; holder.style.height = "auto"; byId("fall-plot").remove(); document.querySelectorAll(".keys").forEach((k) => k.remove()); } return; }
    plots.forEach((p) => p.destroy());
    const c = colours(), width = paper ? PAPER : Math.max(280, holder.clientWidth), narrow = width < 600, readout = byId("equity-read");
    const xs = equity.t.map((_, i) => i), ticks = ticksOfX(narrow, width);
    const stepped = uPlot.paths.stepped({ align: 1 });
    const read = (u) => {
      const i = u.cursor.idx;
      if (i == null) { readout.textContent = ""; return; }
      const near = equity.m.filter((m) => m[0] === i).map((m) => m[3]);
      readout.textContent = day(equity.t[i]) + " " + clock(equity.t[i]) + " UTC: " + signed(equity.e[i]) + ", " + plain(equity.d[i] / 100, 2) + " below the peak" + (near.length ? "; " + near.join("; ") : "");
    };
    const shared = (extra) => Object.assign({
      width, legend: { show: false }, padding: [8, 0, 0, 8],
      cursor: { sync: { key: "equity" }, drag: { x: false, y: false }, y: false, points: { size: 7, stroke: c.ink, fill: c.bg } },
    }, extra);
    const flat = (low, high) => (low === high ? [low - 1, high + 1] : [low - (high - low) * 0.06, high + (high - low) * 0.06]);
    plots = [
      new uPlot(shared({
        height: holder.clientHeight, scales: { x: { time: false }, y: { range: (u, low, high) => flat(Math.min(low, 0), Math.max(high, 0)) } },
        axes: axes(c, narrow, 26, ticks),
        series: [{}, { stroke: c.ink, width: 1.5, paths: stepped, points: { show: false } }],
        hooks: {
          drawClear: [(u) => { const y = u.valToPos(0, "y", true); u.ctx.save(); u.ctx.strokeStyle = c.edge; u.ctx.lineWidth = window.devicePixelRatio || 1; u.ctx.beginPath(); u.ctx.moveTo(u.bbox.left, y); u.ctx.lineTo(u.bbox.left + u.bbox.width, y); u.ctx.stroke(); u.ctx.restore(); }],
          draw: [(u) => marks(u, c)], setCursor: [read],
        },
      }), [xs, equity.e.map((v) => v / 100)], holder),
      new uPlot(shared({
        height: byId("fall-plot").clientHeight, scales: { x: { time: false }, y: { range: (u, low, high) => [Math.min(low, 0) * 1.06 || -1, 0] } },
        axes: axes(c, narrow, 8, { splits: () => [], values: () => [] }),
        series: [{}, { stroke: c.loss, fill: faint(c.loss, 0.16), width: 1.25, paths: stepped, points: { show: false } }],
      }), [xs, equity.d.map((v) => -v / 100)], byId("fall-plot")),
    ];
    holder.onkeydown = (event) => {
      if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
      event.preventDefault();
      const u = plots[0], last = xs.length - 1, step = Math.max(1, Math.round(xs.length / 200));
      const now = u.cursor.idx == null ? (event.key === "ArrowLeft" ? last + step : -step) : u.cursor.idx;
      const next = Math.min(last, Math.max(0, now + (event.key === "ArrowLeft" ? -step : step)));
      u.setCursor({ left: u.valToPos(next, "x"), top: 10 });
      readout.setAttribute("aria-live", "polite");
      read(u);
    };
  }

  // ---------- price ----------
  const days = data.days, pick = byId("price-pick"), zoom = byId("price-zoom");
  let chart = null, current = 0;

  // One overlay draws what was decided and done: bands, hatching, stops, targets, arrows, struck rings.
  function overlay(d, c, narrow) {
    const time = (minute) => d.o + Math.min(Math.max(minute, 0), d.n - 1) * 60;
    let api = null;
    const draw = (target) => target.useMediaCoordinateSpace(({ context: ctx, mediaSize }) => {
      const scale = api.chart.timeScale(), x = (minute) => scale.timeToCoordinate(time(minute)), y = (price) => api.series.priceToCoordinate(Number(price));
      ctx.font = "12px " + FONT; ctx.lineJoin = "round";
      const half = Math.max(1, ((x(1) ?? 1) - (x(0) ?? 0)) / 2);
      d.c.forEach((minute) => {
        const at = x(minute); if (at == null) return;
        const wide = Math.max(3, half), left = at - wide, right = at + wide;
        ctx.save(); ctx.beginPath(); ctx.rect(left, 0, right - left, mediaSize.height); ctx.clip();
        ctx.strokeStyle = faint(c.warn, 0.75); ctx.lineWidth = 1;
        for (let k = -mediaSize.height; k < right - left + 8; k += 5) { ctx.beginPath(); ctx.moveTo(left + k, mediaSize.height); ctx.lineTo(left + k + mediaSize.height, 0); ctx.stroke(); }
        ctx.restore();
      });
      d.r.forEach(([from, to, low, high, label]) => {
        const a = x(from), b = x(to), top = y(high), bottom = y(low); if (a == null || b == null || top == null || bottom == null) return;
        ctx.fillStyle = faint(c.accent, 0.1); ctx.fillRect(a - half, top, b - a, bottom - top);
        ctx.strokeStyle = faint(c.edge, 0.9); ctx.lineWidth = 1; ctx.setLineDash([2, 3]);
        [top, bottom].forEach((v) => { ctx.beginPath(); ctx.moveTo(b - half, v + 0.5); ctx.lineTo(mediaSize.width, v + 0.5); ctx.stroke(); }); ctx.setLineDash([]);
        ctx.fillStyle = c.muted; ctx.textAlign = "left"; ctx.fillText(label, Math.max(2, a - half), bottom + 14);
      });
      const level = (from, to, price, colour, word) => {
        const a = x(from), b = x(to), v = y(price); if (a == null || b == null || v == null) return;
        ctx.strokeStyle = colour; ctx.lineWidth = 1.25; ctx.setLineDash([5, 3]);
        ctx.beginPath(); ctx.moveTo(a, v); ctx.lineTo(Math.max(b, a + 6), v); ctx.stroke(); ctx.setLineDash([]);
        if (narrow) return;
        ctx.fillStyle = colour; ctx.textAlign = "left"; ctx.lineWidth = 3; ctx.strokeStyle = c.bg;
        // At the right edge the words stand above their line, elsewhere behind its end.
        const text = word + " " + price, end = Math.max(b, a + 6) + 4, most = mediaSize.width - ctx.measureText(text).width - 2;
        const at = Math.min(end, most), below = end > most ? -5 : 4;
        ctx.strokeText(text, at, v + below); ctx.fillText(text, at, v + below);
      };
      const arrow = (minute, price, buy, won) => {
        const a = x(minute), v = y(price); if (a == null || v == null) return;
        const way = buy ? 1 : -1;
        ctx.fillStyle = won == null ? c.ink : won ? c.gain : c.loss; ctx.strokeStyle = c.bg; ctx.lineWidth = 2.5;
        ctx.beginPath(); ctx.moveTo(a, v + way * 2); ctx.lineTo(a - 5, v + way * 12); ctx.lineTo(a + 5, v + way * 12); ctx.closePath(); ctx.stroke(); ctx.fill();
      };
      d.z.forEach(([minute, price]) => {
        const a = x(minute), v = y(price); if (a == null || v == null) return;
        ctx.fillStyle = c.bg; ctx.strokeStyle = c.ink; ctx.lineWidth = 1.75;
        ctx.beginPath(); ctx.arc(a, v, 5, 0, Math.PI * 2); ctx.fill(); ctx.stroke();
        ctx.beginPath(); ctx.moveTo(a - 3.8, v + 3.8); ctx.lineTo(a + 3.8, v - 3.8); ctx.stroke();
      });
      d.x.forEach((t) => {
        level(t.e[0], t.x[0], t.p, c.loss, "stop");
        if (t.l !== t.p) level(t.e[0], t.x[0], t.l, c.loss, "last stop");
        level(t.e[0], t.x[0], t.g, c.gain, "target");
        arrow(t.e[0], t.e[1], t.s > 0, null);
        arrow(t.x[0], t.x[1], t.s < 0, t.n.charAt(0) === "+");
      });
    });
    const prices = d.x.flatMap((t) => [t.p, t.g, t.l, t.e[1], t.x[1]]).concat(d.z.map((z) => z[1])).map(Number);
    return {
      attached: (param) => { api = param; }, detached: () => { api = null; }, updateAllViews: () => {},
      paneViews: () => [{ zOrder: () => "top", renderer: () => ({ draw }) }],
      autoscaleInfo: () => (prices.length ? { priceRange: { minValue: Math.min(...prices), maxValue: Math.max(...prices) } } : null),
    };
  }

  function bars(d) {
    const unit = Math.pow(10, d.d), at = new Map(d.k.map((k, i) => [k, i]));
    return Array.from({ length: d.n }, (_, k) => {
      const i = at.get(k), time = d.o + k * 60;
      if (i === undefined) return { time };
      return { time, open: d.b[i * 4] / unit, high: d.b[i * 4 + 1] / unit, low: d.b[i * 4 + 2] / unit, close: d.b[i * 4 + 3] / unit };
    });
  }

  function sentence(d) {
    const lows = d.k.map((_, i) => d.b[i * 4 + 2]), highs = d.k.map((_, i) => d.b[i * 4 + 1]), unit = Math.pow(10, d.d);
    const range = d.k.length ? "from " + plain(Math.min(...lows) / unit, d.d) + " to " + plain(Math.max(...highs) / unit, d.d) : "without a bar";
    const missing = d.n - d.k.length;
    return d.t + " on " + d.s + ", " + clock(d.o) + " to " + clock(d.o + d.n * 60) + " UTC, one-minute bars " + range + ". " +
      d.x.length + (d.x.length === 1 ? " trade, " : " trades, ") + d.z.length + (d.z.length === 1 ? " signal" : " signals") + " stopped, " +
      d.c.length + (d.c.length === 1 ? " corrupt bar, " : " corrupt bars, ") + missing + (missing === 1 ? " missing minute." : " missing minutes.");
  }

  function cell(row, tag, text, kind) {
    const element = document.createElement(tag);
    element.textContent = text;
    if (kind) element.className = kind;
    row.appendChild(element);
    return element;
  }
  function table(holder, heads, rows, numeric) {
    const t = document.createElement("table"), head = t.createTHead().insertRow();
    heads.forEach((h, i) => { cell(head, "th", h, i >= numeric ? "n" : "").scope = "col"; });
    const body = t.createTBody();
    rows.forEach((r) => { const tr = body.insertRow(); r.forEach((v, i) => cell(tr, "td", v, i >= numeric ? "n" : "")); });
    holder.replaceChildren(t);
    return t;
  }

  function listTrades(d) {
    const rows = d.x.map((t) => [
      t.y + ", " + (t.s > 0 ? "long " : "short ") + grouped(t.q), clock(d.o + t.e[0] * 60) + " at " + t.e[1], clock(d.o + t.x[0] * 60) + " at " + t.x[1], t.w, t.n,
    ]).concat(d.z.map((z) => [z[3] + ", " + z[2], clock(d.o + (z[0] + 1) * 60) + " at " + z[1], "–", "stopped: " + z[4], "–"]));
    const holder = byId("price-trades");
    if (rows.length) {
      const t = table(holder, ["On this day", "Entry or signal", "Exit", "Left or stopped by", "Net"], rows, 4);
      t.className = "inset";
      Array.from(t.rows).forEach((row, at) => {
        [1, 2, 3].forEach((i) => row.cells[i].classList.add("c2"));
        if (at === 0) return;
        const sub = document.createElement("span");
        sub.className = "sub";
        sub.textContent = [1, 2, 3].map((i) => row.cells[i].textContent).filter((text) => text !== "–").join("; ");
        row.cells[0].appendChild(sub);
      });
      t.tBodies[0].querySelectorAll("td:last-child").forEach((td) => { if (td.textContent.charAt(0) === "+") td.classList.add("g"); if (td.textContent.charAt(0) === "−") td.classList.add("l"); });
    } else holder.replaceChildren();
  }

  function tableOfBars(d) {
    const box = byId("price-data"), holder = box.querySelector("div"), unit = Math.pow(10, d.d);
    holder.replaceChildren();
    if (!box.open) return;
    holder.className = "scroll";
    const corrupt = new Set(d.c);
    table(holder, ["UTC", "", "Open", "High", "Low", "Close", "Volume", "VWAP, 4 places"], d.k.map((k, i) => [
      clock(d.o + k * 60), corrupt.has(k) ? "corrupt" : "", ...[0, 1, 2, 3].map((j) => (d.b[i * 4 + j] / unit).toFixed(d.d)), grouped(String(d.v[i])), d.w[i] == null ? "–" : (d.w[i] / 10000).toFixed(4),
    ]), 2);
  }

  function drawPrice() {
    const holder = byId("price-plot");
    if (!holder || days.length === 0) return;
    const d = days[current], c = colours(), narrow = !paper && holder.clientWidth < 600, L = LightweightCharts;
    if (chart) chart.remove();
    chart = L.createChart(holder, {
      autoSize: !paper, width: paper ? PAPER : 0, height: paper ? 340 : 0,
      layout: { background: { color: c.bg }, textColor: c.muted, fontFamily: FONT, fontSize: 12, attributionLogo: false },
      grid: { vertLines: { visible: false }, horzLines: { color: c.line } },
      rightPriceScale: { borderColor: c.line, scaleMargins: { top: 0.08, bottom: 0.08 } },
      timeScale: { borderColor: c.line, timeVisible: true, secondsVisible: false, minBarSpacing: 0.1, tickMarkFormatter: (t) => clock(t), fixLeftEdge: true, fixRightEdge: true },
      crosshair: { mode: 0, vertLine: { color: c.edge, labelBackgroundColor: c.ink }, horzLine: { color: c.edge, labelBackgroundColor: c.ink } },
      localization: { timeFormatter: (t) => clock(t) + " UTC" },
      handleScroll: { mouseWheel: false, vertTouchDrag: false }, handleScale: { mouseWheel: false },
    });
    const all = bars(d), format = { type: "price", precision: d.d, minMove: Math.pow(10, -d.d) };
    const line = { lastValueVisible: false, priceLineVisible: false, priceFormat: format };
    const series = narrow
      ? chart.addSeries(L.LineSeries, Object.assign({ color: c.ink, lineWidth: 1.5, crosshairMarkerVisible: false }, line))
      : chart.addSeries(L.BarSeries, Object.assign({ upColor: c.ink, downColor: c.ink, thinBars: true, openVisible: true }, line));
    series.setData(narrow ? all.map((b) => (b.open === undefined ? b : { time: b.time, value: b.close })) : all);
    const vwap = chart.addSeries(L.LineSeries, Object.assign({ color: c.accent, lineWidth: 1, crosshairMarkerVisible: false }, line));
    const at = new Map(d.k.map((k, i) => [k, d.w[i]]));
    vwap.setData(all.map((b, k) => (at.get(k) == null ? { time: b.time } : { time: b.time, value: at.get(k) / 10000 })));
    series.attachPrimitive(overlay(d, c, narrow));
    const scale = chart.timeScale();
    if (zoom.checked && d.x.length) {
      const from = Math.min(...d.x.map((t) => t.e[0])) - 25, to = Math.max(...d.x.map((t) => t.x[0])) + 25;
      scale.setVisibleLogicalRange({ from: Math.max(0, from), to: Math.min(d.n - 1, to) });
    } else scale.fitContent();
    const said = sentence(d), readout = byId("price-read");
    holder.setAttribute("aria-label", said);
    byId("price-say").textContent = said;
    const read = (k) => {
      const b = all[k];
      if (!b) { readout.textContent = ""; return; }
      const bar = b.open === undefined ? "no bar" : ["open", "high", "low", "close"].map((n) => n + " " + b[n].toFixed(d.d)).join("  ");
      readout.textContent = clock(b.time) + " UTC  " + bar + (at.get(k) == null ? "" : "  VWAP " + (at.get(k) / 10000).toFixed(4));
    };
    let cursor = -1;
    chart.subscribeCrosshairMove((move) => { if (move.time === undefined) { readout.textContent = ""; return; } cursor = (move.time - d.o) / 60; read(cursor); });
    holder.onkeydown = (event) => {
      if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
      event.preventDefault();
      cursor = Math.min(d.n - 1, Math.max(0, cursor + (event.key === "ArrowLeft" ? -1 : 1)));
      const b = all[cursor];
      if (b.close !== undefined) chart.setCrosshairPosition(b.close, b.time, series);
      readout.setAttribute("aria-live", "polite");
      read(cursor);
    };
    // Paper gets a picture: the chart itself would be drawn after the page has been taken.
    byId("price-paper").replaceChildren(...(paper ? [chart.takeScreenshot(true)] : []));
    listTrades(d);
    tableOfBars(d);
  }

  function choose(index) {
    current = Math.min(days.length - 1, Math.max(0, index));
    pick.value = String(current);
    drawPrice();
  }

  function setUpPrices() {
    if (!pick || days.length === 0) return;
    let best = 0, most = -1;
    days.forEach((d, i) => {
      const option = document.createElement("option");
      option.value = String(i);
      option.textContent = d.s + "  " + d.t + (d.x.length ? ": " + d.x.map((t) => t.n.replace(/(\.\d\d)\d+$/, "$1")).join(", ") : "");
      pick.appendChild(option);
      const weight = d.x.reduce((sum, t) => sum + Math.abs(Number(t.n.replace("−", "-").replace(/,/g, ""))), 0);
      if (weight > most) { most = weight; best = i; }
    });
    pick.onchange = () => choose(Number(pick.value));
    byId("price-prev").onclick = () => choose(current - 1);
    byId("price-next").onclick = () => choose(current + 1);
    zoom.onchange = drawPrice;
    byId("price-data").ontoggle = () => tableOfBars(days[current]);
    document.addEventListener("click", (event) => {
      const link = event.target.closest ? event.target.closest("a[data-chart]") : null;
      if (link) choose(Number(link.dataset.chart));
    });
    choose(best);
  }

  // ---------- the table of trades ----------
  function setUpTrades() {
    const form = byId("trade-filter"), body = byId("trade-table") && byId("trade-table").tBodies[0], more = byId("trade-more");
    if (!form || !body) return;
    const rows = Array.from(body.rows).filter((r) => !r.classList.contains("rule")), rules = Array.from(body.querySelectorAll("tr.rule"));
    const PAGE = 200;
    let limit = PAGE;
    ["y", "t", "w"].forEach((key) => {
      Array.from(new Set(rows.map((r) => r.dataset[key]))).sort().forEach((value) => {
        const option = document.createElement("option"); option.value = option.textContent = value; form.elements[key].appendChild(option);
      });
    });
    const show = () => {
      let hits = 0;
      rows.forEach((row) => {
        const hit = ["y", "t", "w", "g"].every((key) => !form.elements[key].value || row.dataset[key] === form.elements[key].value);
        if (hit) hits += 1;
        row.hidden = !hit || hits > limit;
      });
      rules.forEach((rule) => { let next = rule.nextElementSibling, any = false; while (next && !next.classList.contains("rule")) { any = any || !next.hidden; next = next.nextElementSibling; } rule.hidden = !any; });
      byId("trade-count").textContent = Math.min(hits, limit) + " of " + rows.length + " shown";
      more.hidden = hits <= limit;
    };
    form.onchange = () => { limit = PAGE; show(); };
    form.onsubmit = (event) => event.preventDefault();
    more.onclick = () => { limit += PAGE; show(); };
    show();
  }

  // ---------- colours, width, paper ----------
  let drawnAt = 0;
  const draw = () => { drawnAt = byId("main").clientWidth; drawEquity(); drawPrice(); };
  function setUpTheme() {
    let saved = null;
    try { saved = localStorage.getItem("tbot-theme"); } catch (e) { /* not remembered */ }
    const asked = location.hash === "#dark" || location.hash === "#light" ? location.hash.slice(1) : null;
    const set = (theme) => {
      if (theme) root.setAttribute("data-theme", theme); else root.removeAttribute("data-theme");
      document.querySelectorAll(".theme button").forEach((b) => b.setAttribute("aria-pressed", String(b.value === (theme || "system"))));
    };
    set(asked || saved);
    document.querySelectorAll(".theme button").forEach((b) => {
      b.onclick = () => {
        const theme = b.value === "system" ? null : b.value;
        try { if (theme) localStorage.setItem("tbot-theme", theme); else localStorage.removeItem("tbot-theme"); } catch (e) { /* not remembered */ }
        set(theme); draw();
      };
    });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
    let before = null;
    addEventListener("beforeprint", () => { before = root.getAttribute("data-theme"); root.setAttribute("data-theme", "light"); paper = true; draw(); });
    addEventListener("afterprint", () => { if (before) root.setAttribute("data-theme", before); else root.removeAttribute("data-theme"); paper = false; draw(); });
    // The page may be laid out anew after it was drawn: phones, printers, a scrollbar that appears.
    let due = false;
    new ResizeObserver(() => {
      if (paper || due || byId("main").clientWidth === drawnAt) return;
      due = true;
      requestAnimationFrame(() => { due = false; draw(); });
    }).observe(byId("main"));
  }

  setUpTheme();
  setUpTrades();
  drawnAt = byId("main").clientWidth;
  drawEquity();
  setUpPrices();
})();
