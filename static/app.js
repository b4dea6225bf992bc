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
  function inUse(element) {
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
    element.replaceChildren(next.content);
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

  // ---------- one stream for all windows ----------
  // The window that holds the lock has the stream and passes events on: HTTP/1.1 allows six connections a host, and Kill
  // must find one free. Regions that a window missed come with the whole page.
  const channel = "BroadcastChannel" in window ? new BroadcastChannel("tbot") : null;
  const seen = new Map();
  function deliver(event) {
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
        if (seq) channel.postMessage({ event: { seq: seq, title: title, spoken: spokenState, regions: regions } });
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
  setInterval(() => {
    const silent = Math.floor((Date.now() - lastEvent) / 1000);
    if (silent < 3 || !document.querySelector("[data-region]")) return;
    const feed = document.getElementById("feed");
    if (feed) {
      feed.className = "caution";
      feed.firstElementChild.textContent = "This page";
      feed.lastElementChild.textContent = "offline " + silent + " s";
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
    const say = (text, bad) => { if (said) { said.textContent = text; said.classList.toggle("bad", bad); } };
    say("Sent.", false);
    const late = setTimeout(() => say(LATE, true), 2000);
    fetch("/api/v1/commands/" + verb, {
      method: "POST", credentials: "same-origin",
      headers: { "Content-Type": "application/json", "Idempotency-Key": key, "X-TBot-Form": form },
      body: JSON.stringify(with_),
    }).then((answer) => answer.json().then((told) => {
      clearTimeout(late);
      delete sent.dataset.key;
      if (answer.ok) say(told.message, false);
      else if (answer.status === 401) say("The session has ended. Sign in again, or on the machine: tbot " + verb + ".", true);
      else say(told.detail || "Refused.", true);
      all('input[name="code"]', sent).forEach((i) => { i.value = ""; });
    })).catch(() => { clearTimeout(late); say(LATE, true); });
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
  const whole = document.querySelector("[data-refresh]");
  if (whole) setInterval(() => {
    if (document.hidden || inUse(whole)) return;
    fetch(location.href, { credentials: "same-origin" }).then((a) => (a.ok ? a.text() : null)).then((text) => {
      if (!text) return;
      const fresh = new DOMParser().parseFromString(text, "text/html").getElementById(whole.id);
      if (fresh && !inUse(whole)) whole.replaceChildren(...fresh.childNodes);
    }).catch(() => {});
  }, Number(whole.dataset.refresh) * 1000);

  // ---------- keys ----------
  const places = { d: "/", e: "/decisions", s: "/strategies", o: "/orders", t: "/trades", j: "/ledger", k: "/kill" };
  let going = false;
  document.addEventListener("keydown", (event) => {
    if (event.altKey && event.shiftKey && event.code === "KeyK") {
      const panel = document.getElementById("kill");
      if (panel && !panel.matches(":popover-open")) { panel.showPopover(); event.preventDefault(); }
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea")) return;
    if (going && places[event.key]) location.assign(places[event.key]);
    going = event.key === "g";
  });
})();
