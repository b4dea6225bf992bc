// Pictures of every page, light and dark, wide and narrow, of an empty bot and a trading one; and at each stop: no sideways
// scrolling, no text over text, nothing that axe-core calls serious, no complaint in the console.
//
//   node looks.js OUT
import { chromium } from "@playwright/test";
import axe from "axe-core";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Bot, pause, prepare, prepared } from "./bot.js";
import { listen } from "./fixtures.js";

const OUT = process.argv[2];
const WIDTHS = { 1440: 900, 390: 844 };
const THEMES = ["light", "dark"];
const faults = [];

/** Text of one element over another's, and what makes the page scroll sideways; runs in the page. */
function geometry() {
  const found = [];
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) {
    const widest = Array.from(document.querySelectorAll("main *, header *")).find((e) => e.getBoundingClientRect().right > root.clientWidth + 1 && !e.closest(".wide"));
    found.push(`scrolls sideways: ${root.scrollWidth} > ${root.clientWidth}, ${widest?.outerHTML.slice(0, 120)}`);
  }
  const floats = (e) => { for (; e; e = e.parentElement) if (["fixed", "sticky"].includes(getComputedStyle(e).position) || e.matches(":popover-open")) return e; return null; };
  // What a scrolling or clipping ancestor hides is not there.
  const clipped = (rect, e) => {
    let { left, right, top, bottom } = rect;
    for (e = e.parentElement; e && e !== document.body; e = e.parentElement) {
      if (getComputedStyle(e).overflow === "visible") continue;
      const own = e.getBoundingClientRect();
      [left, right, top, bottom] = [Math.max(left, own.left), Math.min(right, own.right), Math.max(top, own.top), Math.min(bottom, own.bottom)];
    }
    return { left, right, top, bottom };
  };
  const boxes = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node; (node = walker.nextNode());) {
    const owner = node.parentElement;
    if (!node.data.trim() || owner.closest(".vh, script, style, template, canvas") || !owner.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const rect of range.getClientRects()) {
      const box = clipped(rect, owner);
      if (box.right - box.left > 2 && box.bottom - box.top > 2) boxes.push({ ...box, node, owner, layer: floats(owner), text: node.data.trim().slice(0, 40) });
    }
  }
  boxes.sort((a, b) => a.top - b.top);
  for (let i = 0; i < boxes.length; i++) {
    for (let j = i + 1; j < boxes.length && boxes[j].top < boxes[i].bottom; j++) {
      const a = boxes[i], b = boxes[j];
      if (a.node === b.node || a.layer !== b.layer) continue;
      const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const down = Math.min(a.bottom, b.bottom) - b.top;
      // Lines of one font may share a few pixels of their boxes.
      if (across > 2 && down > 5) found.push(`"${a.text}" and "${b.text}" overlap by ${Math.round(across)} x ${Math.round(down)}`);
    }
  }
  return [...new Set(found)];
}

async function look(page, name, width, theme) {
  const where = `${name}, ${width}, ${theme}`;
  await page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
  await pause(120);
  for (const fault of await page.evaluate(geometry)) faults.push(`${where}: ${fault}`);
  await page.evaluate(axe.source);
  const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  for (const v of found.violations.filter((v) => ["serious", "critical"].includes(v.impact))) {
    faults.push(`${where}: ${v.id}: ${v.help}: ${v.nodes.slice(0, 3).map((n) => `${n.html.slice(0, 140)} ${n.any.map((a) => a.message).join(" ").slice(0, 160)}`).join(" | ")}`);
  }
  const path = join(OUT, `${name}-${width}-${theme}.png`);
  if (name.endsWith("panel")) return page.screenshot({ path });
  // As high as the page is, so that what sticks to an edge stands at the edge of the picture.
  const { height: usual } = page.viewportSize();
  const height = Math.max(usual, await page.evaluate(() => document.documentElement.scrollHeight));
  await page.setViewportSize({ width: Number(width), height });
  await page.screenshot({ path });
  await page.setViewportSize({ width: Number(width), height: usual });
}

/** Visits places as somebody: each a name, an address, and what is done there before the look. */
async function tour(browser, bot, prefix, who, places) {
  for (const [width, height] of Object.entries(WIDTHS)) {
    const context = await signedIn(browser, bot, who, { viewport: { width: Number(width), height } });
    const page = await context.newPage();
    listen(page, bot.url, faults);
    for (const [name, path, act] of places) {
      const before = faults.length;
      await page.goto(bot.url + path, { waitUntil: "load" });
      await act?.(page);
      await pause(150);
      for (const theme of THEMES) await look(page, `${prefix}${name}`, width, theme);
      console.log(`${faults.length === before ? "fine  " : "FAULTS"} ${prefix}${name} at ${width}`);
    }
    await context.close();
  }
}

/** The pages of the menu, and those that are reached from them. */
async function pagesOf(browser, bot, who) {
  const context = await signedIn(browser, bot, who, {});
  const page = await context.newPage();
  const links = async (path, pattern) => {
    await page.goto(bot.url + path, { waitUntil: "domcontentloaded" });
    const all = await page.locator("a[href]").evaluateAll((found) => found.map((a) => a.getAttribute("href")));
    return [...new Set(all.filter((href) => pattern.test(href)))];
  };
  const menu = await page.goto(`${bot.url}/`, { waitUntil: "domcontentloaded" })
    .then(() => page.locator(".nav a[href]").evaluateAll((found) => found.map((a) => a.getAttribute("href"))));
  const deeper = [
    ["decision", (await links("/decisions", /^\/decisions\/./)).at(-1)],
    ["order", (await links("/orders", /^\/orders\/./))[0]],
    ["symbol", (await links("/", /^\/symbols\/./))[0]],
    ["entry", (await links("/ledger", /^\/ledger\/entries\/./))[0]],
    ["account", (await links("/ledger", /^\/ledger\/accounts\/./))[0]],
    ["review-day", (await links("/ledger/review?show=all", /^\/ledger\/days\/./))[0]],
    ["missing", "/nothing-here"],
  ];
  await context.close();
  return [...menu.map((path) => [path === "/" ? "dashboard" : path.slice(1).replaceAll("/", "-"), path]), ...deeper].filter(([, path]) => path);
}

async function signedIn(browser, bot, who, options) {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, ...options });
  if (who) await context.addCookies([bot.cookieOf(who)]);
  return context;
}

const press = (name) => async (page) => {
  await page.locator('[data-region="verbs"]').getByRole("button", { name }).click();
};

async function tours(browser, { idle, busy, people }) {
  const fresh = await Bot.start();
  try {
    await tour(browser, fresh, "", null, [["register", fresh.path], ["sign-in", "/sign-in"]]);
  } finally {
    await fresh.end();
  }
  const empty = await Bot.start({ from: idle });
  try {
    await tour(browser, empty, "empty-", people.administrator, await pagesOf(browser, empty, people.administrator));
    await tour(browser, empty, "empty-", people.operator, [["start-panel", "/", press("Start…")]]);
  } finally {
    await empty.end();
  }
  const bot = await Bot.start({ from: busy });
  try {
    bot.tell("start");
    await tour(browser, bot, "", people.administrator, await pagesOf(browser, bot, people.administrator));
    await tour(browser, bot, "", people.administrator, [["stop-panel", "/", press("Stop…")], ["kill-panel", "/", press("Kill…")]]);
    await tour(browser, bot, "viewer-", people.viewer, [["dashboard", "/"], ["refused", "/users"]]);
    const codes = (page) => page.getByRole("button", { name: "Set up one-time codes" }).click();
    await tour(browser, bot, "", people.auditor, [["codes", "/account", codes]]);
    bot.tell("kill", "--why", "to be looked at");
    await bot.until("killed", (b) => b.state === "stopped");
    await tour(browser, bot, "killed-", people.administrator, [["dashboard", "/"], ["kill", "/kill"], ["kill-panel", "/", press("Kill…")]]);
  } finally {
    await bot.end();
  }
}

if (!OUT) {
  console.error("node looks.js OUT");
  process.exit(2);
}
mkdirSync(OUT, { recursive: true });
const place = mkdtempSync(join(tmpdir(), "tbot-prepared-"));
process.env.TBOT_BROWSER_PREPARED = place;
const browser = await chromium.launch({ executablePath: process.env.TBOT_CHROMIUM, args: ["--no-sandbox"] });
try {
  await prepare(place);
  await tours(browser, prepared());
} finally {
  await browser.close();
  rmSync(place, { recursive: true, force: true });
}
for (const fault of new Set(faults)) console.log(fault);
console.log(`${new Set(faults).size} faults; the pictures are in ${OUT}`);
process.exit(faults.length ? 1 : 0);
