// Keeps an open page true: one stream for all windows of this browser, regions replaced in place, verbs without a page
// load, colours. Every page works without it.
(function () {
  "use strict";
  const root = document.documentElement, body = document.body;
  const all = (selector, from) => Array.from((from || document).querySelectorAll(selector));
  const secret = document.querySelector('meta[name="tbot-form"]');
  const form = secret ? secret.content : "";
  const tell = (name, detail) => document.dispatchEvent(new CustomEvent("tbot:" + name, { detail: detail }));

  // ---------- regions ----------
  const waiting = new Map();
  let lastEvent = Date.now(), title = document.title, spokenState = "";

  // Nothing moves under the hand: a pointer, the focus or a selection keeps a table as it is.
  const moves = ["orders", "positions", "trades", "decisions", "latest", "gates", "actors", "freezes", "strategies"];
  const bars = ["bar", "verbs"];
  function inUse(element) {
    // The bar is never old, whatever has the focus; that is given back.
    if (bars.includes(element.dataset.region)) return false;
    if (element.contains(document.activeElement) && document.activeElement !== body) return true;
    const selection = window.getSelection();
    if (selection && !selection.isCollapsed && element.contains(selection.anchorNode)) return true;
    return moves.includes(element.dataset.region) && element.matches(":hover");
  }
  function show(element, seq, html) {
    if (seq <= Number(element.dataset.seq)) return;
    if (inUse(element)) { waiting.set(element, [seq, html]); hint(element); return; }
    put(element, seq, html);
  }
  function put(element, seq, html) {
    waiting.delete(element);
    element.dataset.seq = String(seq);
    const open = all("details[open]", element).map((d) => all("details", element).indexOf(d));
    const kept = element.querySelector(".plot[data-chart]"), next = document.createElement("template");
    next.innerHTML = html;
    const fresh = next.content.querySelector(".plot[data-chart]");
    if (kept && fresh) {
      // A chart is told its new data; it is not drawn from nothing.
      Object.assign(kept.dataset, fresh.dataset);
      kept.setAttribute("aria-label", fresh.getAttribute("aria-label") || "");
      fresh.replaceWith(kept);
    }
    const held = element.contains(document.activeElement) ? document.activeElement : null;
    const opener = held && held.getAttribute("popovertarget"), link = held && held.getAttribute("href");
    element.replaceChildren(next.content);
    if (held) {
      const again = all("button, a", element).find((e) => (opener && e.getAttribute("popovertarget") === opener) || (link && e.getAttribute("href") === link));
      const to = again || element.querySelector("button, a");
      if (to) to.focus({ preventScroll: true });
    }
    all("details", element).forEach((d, i) => { if (open.includes(i)) d.open = true; });
    tell("region", element);
  }
  function hint(element) {
    if (element.previousElementSibling && element.previousElementSibling.className === "more") return;
    const more = document.createElement("p");
    more.className = "more";
    more.textContent = "Changed since; shown when the pointer leaves.";
    element.before(more);
  }
  function settle() {
    waiting.forEach(([seq, html], element) => {
      if (inUse(element)) return;
      const more = element.previousElementSibling;
      if (more && more.className === "more") more.remove();
      put(element, seq, html);
    });
  }
  ["pointerout", "focusout", "selectionchange"].forEach((name) => document.addEventListener(name, () => setTimeout(settle, 120)));

  // ---------- what a command came to ----------
  // A result stands at the head of the page, until the next one; a refusal no longer than the state that it was about.
  const told = document.getElementById("told");
  function say(text, bad, link) {
    if (!told) return;
    told.textContent = text;
    if (link) { const a = document.createElement("a"); a.href = link[0]; a.textContent = link[1]; told.append(" ", a); }
    told.classList.toggle("bad", bad);
    told.hidden = !text;
    if (text) { const main = document.getElementById("main"); if (main.getBoundingClientRect().top < 0) scrollTo(0, 0); }
  }
  const stateNow = () => { const e = document.querySelector("[data-region='bar'] [data-state]"); return e ? e.dataset.state : ""; };
  const KILLING = "emergency_closing_positions";
  let state = stateNow();
  function stateChanged() {
    const now = stateNow();
    if (now === state) return;
    state = now;
    if (told && told.classList.contains("bad")) say("", false);
    all(".main .said.bad").forEach((e) => { e.textContent = ""; });
  }
  // The panel of a kill makes way when the kill has ended.
  function killEnded(latched) {
    const kill = document.getElementById("kill");
    if (!kill || !kill.dataset.going || !latched || state === KILLING) return;
    delete kill.dataset.going;
    if (kill.matches(":popover-open")) kill.hidePopover();
    say("The kill has ended. Nothing trades until the latch is reset.", false, ["/kill", "Its receipt"]);
  }
  // A panel whose button has gone is about something that has passed.
  function closePanels() {
    ["start", "stop", "ack"].forEach((id) => {
      const panel = document.getElementById(id);
      if (panel && panel.matches(":popover-open") && !document.querySelector(".verbs [popovertarget='" + id + "']")) panel.hidePopover();
    });
  }
  all("[popover]").forEach((panel) => panel.addEventListener("toggle", (event) => {
    all(".said", panel).forEach((e) => { e.textContent = ""; e.classList.remove("bad"); });
    if (event.newState === "closed") all("form", panel).forEach((f) => { all(".asks", f).forEach((e) => { e.hidden = false; }); all("input[type='text']", f).forEach((i) => { i.value = ""; }); });
  }));

  // ---------- what other reviewers do ----------
  // What was said and decided is shown at once. A form that somebody types into stays as it is, with the version that it
  // was opened on: sent, it is told what was done meanwhile.
  let reviewNumber = null, looking = false;
  const typedInto = (element) => all("textarea, select", element).some(differs);
  function lookAgain() {
    const shown = all("[data-review]");
    if (!shown.length || looking) return;
    looking = true;
    fetch(location.pathname + location.search, { credentials: "same-origin" }).then((a) => (a.ok ? a.text() : null)).then((text) => {
      if (!text) return;
      const page = new DOMParser().parseFromString(text, "text/html");
      const before = document.getElementById("review-state"), now = page.getElementById("review-state");
      if (before && now && before.dataset.version !== now.dataset.version && now.dataset.own !== "yes") {
        const said = document.getElementById("review-changed"), changed = now.dataset.changed;
        said.textContent = changed[0].toUpperCase() + changed.slice(1) + ".";
        said.hidden = false;
      }
      shown.forEach((element) => {
        const fresh = page.getElementById(element.id);
        if (!fresh) return;
        if (element.dataset.review === "forms" && (typedInto(element) || element.contains(document.activeElement))) return;
        if (inUse(element)) return;
        Object.assign(element.dataset, fresh.dataset);
        element.replaceChildren(...fresh.childNodes);
      });
    }).catch(() => {}).finally(() => { looking = false; });
  }
  // Whoever has the page open reads it.
  setInterval(() => { if (!document.hidden) lookAgain(); }, 15_000);

  function take(event) {
    lastEvent = Date.now();
    title = event.title;
    if (document.title !== title) document.title = title;
    const said = document.getElementById("spoken");
    if (said && event.spoken !== spokenState) { if (spokenState) said.textContent = event.spoken; spokenState = event.spoken; }
    all("[data-region]").forEach((element) => {
      const html = event.regions[element.dataset.region];
      if (html !== undefined) show(element, event.seq, html);
    });
    all(".stale").forEach((e) => e.classList.remove("stale"));
    const away = document.getElementById("offline");
    if (away) away.hidden = true;
    Object.entries(event.when || {}).forEach(([name, holds]) => all("[data-when='" + name + "']").forEach((e) => { e.hidden = !holds; }));
    Object.entries(event.counts || {}).forEach(([name, n]) => all("[data-count='" + name + "']").forEach((e) => { e.textContent = n ? String(n) : ""; }));
    const clock = document.getElementById("utc");
    if (clock) lastClock = clock.textContent;
    if (event.review !== undefined && event.review !== reviewNumber) {
      if (reviewNumber !== null) lookAgain();
      reviewNumber = event.review;
    }
    stateChanged();
    closePanels();
    killEnded(event.when && event.when.latched);
    rest();
  }
  // While a rehearsal runs, what acts on live trading waits, but for what ends it (RES-1). The bot refuses it in any case.
  const waits = ["start", "resume", "cancel_all", "set_mode", "apply_config", "close_day", "rehearse"];
  function rest() {
    const rehearsing = document.querySelector('[data-region="bar"] [data-rehearsing]') !== null;
    all("form[data-verb]").filter((f) => waits.includes(f.dataset.verb)).forEach((f) => {
      all("button:not([type=button])", f).forEach((b) => { b.disabled = rehearsing; b.title = rehearsing ? "Waits for the rehearsal's end" : ""; });
    });
  }
  rest();
  let lastClock = "";

  // ---------- one stream for all windows ----------
  // The window that holds the lock has the stream and passes events on: HTTP/1.1 allows six connections a host, and Kill
  // must find one free. Regions that a window missed come with the whole page.
  const channel = "BroadcastChannel" in window ? new BroadcastChannel("tbot") : null;
  const seen = new Map();
  let latest = {};
  function deliver(event) {
    latest = event;
    Object.entries(event.regions).forEach(([name, html]) => seen.set(name, [event.seq, html]));
    take(event);
    if (channel) channel.postMessage({ event: event });
  }
  if (channel) {
    channel.onmessage = (message) => {
      if (message.data.event) take(message.data.event);
      // A window that has just opened asks for what it may have missed.
      if (message.data.hello && source) {
        const regions = {};
        let seq = 0;
        seen.forEach(([n, html], name) => { regions[name] = html; seq = Math.max(seq, n); });
        if (seq) channel.postMessage({ event: { seq: seq, title: title, spoken: spokenState, regions: regions, when: latest.when, counts: latest.counts, review: latest.review } });
      }
      if (message.data.ended) location.assign("/sign-in?next=" + encodeURIComponent(location.pathname));
      if (message.data.theme) theme(message.data.theme);
    };
  }
  let source = null, wait = 500;
  function listen() {
    source = new EventSource("/events");
    source.addEventListener("regions", (message) => { wait = 500; deliver(JSON.parse(message.data)); });
    source.addEventListener("ended", () => {
      source.close();
      if (channel) channel.postMessage({ ended: true });
      location.assign("/sign-in?next=" + encodeURIComponent(location.pathname));
    });
    source.onerror = () => {
      if (source.readyState !== EventSource.CLOSED) return;
      source.close();
      setTimeout(() => { wait = Math.min(wait * 2, 8000); listen(); }, wait);
    };
  }
  if (document.querySelector("[data-region]")) {
    if (navigator.locks && channel) navigator.locks.request("tbot-stream", () => { listen(); return new Promise(() => {}); });
    else listen();
    if (channel) channel.postMessage({ hello: true });
  }

  // ---------- old is worse than empty ----------
  function span(seconds) {
    if (seconds < 60) return seconds + " s";
    const minutes = Math.floor(seconds / 60);
    return minutes < 60 ? minutes + " min " + (seconds % 60) + " s" : Math.floor(minutes / 60) + " h " + (minutes % 60) + " min";
  }
  setInterval(() => {
    const silent = Math.floor((Date.now() - lastEvent) / 1000);
    if (silent < 3 || !document.querySelector("[data-region]")) return;
    const feed = document.getElementById("feed");
    if (feed) {
      feed.className = "caution";
      feed.firstElementChild.textContent = "This page";
      feed.lastElementChild.textContent = "offline " + silent + " s";
    }
    const away = document.getElementById("offline");
    if (away) {
      const ended = document.querySelector("[data-ended]");
      away.textContent = ended ? "The connection ended " + span(silent) + " ago, as announced. What is below is the last state."
        : "This page has been offline for " + span(silent) + ". The bot may be well; " + (lastClock ? "numbers are from " + lastClock + ". " : "numbers are old. ") + "Kill without this page: tbot kill on the machine, or the file control/control_kill.flag.";
      away.hidden = false;
    }
    if (!document.title.startsWith("old: ")) document.title = "old: " + title;
    all('.main [data-region], [data-region="bar"] .now').forEach((e) => e.classList.add("stale"));
  }, 1000);

  // ---------- verbs without a page load ----------
  const LATE = "The web server does not answer. On the machine: tbot kill, or create control/control_kill.flag.";
  function newKey() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
  }
  document.addEventListener("submit", (event) => {
    const sent = event.target, verb = sent.dataset && sent.dataset.verb;
    if (!verb) return;
    event.preventDefault();
    const said = sent.querySelector(".said"), with_ = {};
    new FormData(sent).forEach((value, name) => { if (name !== "form" && name !== "key" && value !== "") with_[name] = value; });
    // The same press twice is one command; the next press after an answer is another.
    const key = sent.dataset.key || (sent.dataset.key = verb + "-" + newKey());
    const panel = sent.closest("[popover]");
    const here = (text, bad) => { if (said) { said.textContent = text; said.classList.toggle("bad", bad); } };
    say("", false);
    here("Sent.", false);
    const late = setTimeout(() => here(LATE, true), 2000);
    // What came of it stands where the act was; a panel makes way, and the page says it. A kill's panel shows how far it is.
    const came = (text, bad) => {
      if (!panel) { here(text, bad); return; }
      if (verb === "kill" && !bad) { panel.dataset.going = "yes"; here(text, false); all(".asks", sent).forEach((e) => { e.hidden = true; }); return; }
      here("", false);
      panel.hidePopover();
      say(text, bad);
    };
    fetch("/api/v1/commands/" + verb, {
      method: "POST", credentials: "same-origin",
      headers: { "Content-Type": "application/json", "Idempotency-Key": key, "X-TBot-Form": form },
      body: JSON.stringify(with_),
    }).then((answer) => answer.json().then((told) => {
      clearTimeout(late);
      delete sent.dataset.key;
      all('input[name="code"]', sent).forEach((i) => { i.value = ""; });
      if (answer.ok) came(told.message, false);
      else if (answer.status === 401) came("The session has ended. Sign in again, or on the machine: tbot " + verb.replace("_all", "").replaceAll("_", "-") + ".", true);
      else came(told.detail || "It was refused.", true);
    })).catch(() => { clearTimeout(late); here(LATE, true); });
  });

  // ---------- colours ----------
  function theme(name) {
    if (name === "system") root.removeAttribute("data-theme"); else root.setAttribute("data-theme", name);
    all(".theme button").forEach((b) => b.setAttribute("aria-pressed", String(b.value === name)));
    tell("theme", name);
  }
  document.addEventListener("click", (event) => {
    const button = event.target.closest ? event.target.closest(".theme button") : null;
    if (!button) return;
    event.preventDefault();
    theme(button.value);
    if (channel) channel.postMessage({ theme: button.value });
    fetch("/account/theme", {
      method: "POST", credentials: "same-origin",
      headers: { "Content-Type": "application/x-www-form-urlencoded", "X-TBot-Form": form }, body: "theme=" + button.value,
    });
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => tell("theme", "system"));

  // ---------- pages that are painted as a whole ----------
  all("[data-refresh]").forEach((whole) => setInterval(() => {
    if (document.hidden || inUse(whole)) return;
    fetch(location.href, { credentials: "same-origin" }).then((a) => (a.ok ? a.text() : null)).then((text) => {
      if (!text) return;
      const fresh = new DOMParser().parseFromString(text, "text/html").getElementById(whole.id);
      if (fresh && !inUse(whole)) whole.replaceChildren(...fresh.childNodes);
    }).catch(() => {});
  }, Number(whole.dataset.refresh) * 1000));

  // ---------- typed, and not sent ----------
  // Leaving asks once; the browser finds the words. What a server did not take is unsent too, though the page came with it.
  const keeping = () => all("form[data-keeps]");
  const differs = (e) => (e.type === "checkbox" ? e.checked !== e.defaultChecked : e.options ? Array.from(e.options).some((o) => o.selected !== o.defaultSelected) : e.value !== e.defaultValue);
  const unsent = () => keeping().some((f) => f.dataset.sent !== "yes" && (f.dataset.keeps === "refused" || all("input:not([type=hidden]), select, textarea", f).some(differs)));
  document.addEventListener("submit", (event) => { if (event.target.dataset.keeps) event.target.dataset.sent = "yes"; });
  addEventListener("pageshow", () => keeping().forEach((f) => { delete f.dataset.sent; }));
  addEventListener("beforeunload", (event) => { if (unsent()) event.preventDefault(); });

  // ---------- panels ----------
  // The bar may be painted anew while a panel is open; the browser gives the focus back to a button that is gone then.
  let opener = null;
  document.addEventListener("beforetoggle", (event) => { if (event.newState === "open") opener = document.activeElement; }, true);
  document.addEventListener("toggle", (event) => {
    const at = document.activeElement;
    if (event.newState !== "closed" || !opener || opener.isConnected || (at !== document.body && !event.target.contains(at))) return;
    const again = document.querySelector('[popovertarget="' + CSS.escape(event.target.id) + '"]:not([popovertargetaction])');
    if (again) again.focus();
  }, true);

  // ---------- keys ----------
  const places = { d: "/", e: "/decisions", s: "/strategies", o: "/orders", t: "/trades", j: "/ledger", r: "/ledger/review", a: "/alerts", k: "/kill" };
  let going = false;
  const single = document.getElementById("letters");
  if (single) {
    single.checked = localStorage.getItem("letters") !== "off";
    single.addEventListener("change", () => localStorage.setItem("letters", single.checked ? "on" : "off"));
  }
  // A long page begins folded on a phone; what is wrong in it, or where its address leads, stays open.
  const folds = all("details.fold");
  const wanted = location.hash ? document.getElementById(location.hash.slice(1)) : null;
  if (folds.length > 1 && matchMedia("(max-width: 720px)").matches) {
    folds.forEach((fold) => { fold.open = Boolean(fold.querySelector(".wrong, [autofocus]")) || (wanted !== null && fold.contains(wanted)); });
  }
  // The next or the previous row that leads somewhere has the focus; Enter opens it.
  function step(by) {
    const links = all("main tbody tr").map((row) => row.querySelector("a[href]")).filter((a) => a && a.offsetParent !== null);
    const row = document.activeElement.closest("tr");
    const here = links.findIndex((a) => row && row.contains(a));
    const next = links[here < 0 ? (by > 0 ? 0 : links.length - 1) : here + by];
    if (next) next.focus();
  }
  const lone = {
    "/": () => { const field = document.querySelector("main input[type=search]"); if (field) field.focus(); return field; },
    "?": () => { const panel = document.getElementById("keys"); if (panel && !panel.matches(":popover-open")) panel.showPopover(); return panel; },
    j: () => { step(1); return true; },
    k: () => { step(-1); return true; },
    u: () => { const trail = all("main .trail a"); if (trail.length) trail[trail.length - 1].focus(); return trail.length; },
  };
  document.addEventListener("keydown", (event) => {
    if (event.altKey && event.shiftKey && event.code === "KeyK") {
      const panel = document.getElementById("kill");
      if (panel && !panel.matches(":popover-open")) { panel.showPopover(); event.preventDefault(); }
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea")) return;
    if (single && !single.checked && event.key !== "?") return;
    if (going && places[event.key]) { going = false; location.assign(places[event.key]); return; }
    // A letter brings the focus to its button; the button is pressed by whoever sees it.
    const button = document.querySelector('#review [data-key="' + CSS.escape(event.key) + '"]');
    if (button) { button.focus(); event.preventDefault(); } else if (lone[event.key] && lone[event.key]()) event.preventDefault();
    going = event.key === "g";
  });
})();
