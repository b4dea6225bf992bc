// What twenty who watch cost: how fast the dashboard answers while the bot trades, and how long the bot takes from a tick to an
// intent, with them and without. The bot has one core; the watchers, a real browser and scripted clients, share the other.
// Cores of one processor share its caches and its clock, so the bot is slower beside any busy neighbour. To tell that from what
// watching costs, it trades once more unwatched, beside a loop that keeps the watchers' core as busy as they did.
import { chromium } from "@playwright/test";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Bot, pause, prepare, prepared } from "./bot.js";

const SECONDS = Number(process.env.TBOT_WATCH_SECONDS || 40);
const ROUNDS = Number(process.env.TBOT_WATCH_ROUNDS || 3);
const SPEED = process.env.TBOT_WATCH_SPEED || "3000";
const WATCHERS = 20;
const PAGE_LIMIT = 50, RATIO_AIM = 1.2;

const quantile = (all, q) => all.sort((a, b) => a - b)[Math.min(all.length - 1, Math.ceil(all.length * q) - 1)];
const ms = (number) => `${number.toFixed(2)} ms`;

/** One scripted client of the stream: reads what comes, and counts. */
function client(bot, who) {
  const { host } = new URL(bot.url);
  const socket = bot.connect();
  socket.write(`GET /events HTTP/1.1\r\nHost: ${host}\r\nCookie: ${who.cookie}\r\n\r\n`);
  const own = { events: 0, end: () => socket.destroy() };
  let rest = "";
  socket.on("data", (part) => {
    const lines = (rest + part.toString("latin1")).split("\n");
    rest = lines.pop();
    own.events += lines.filter((line) => line.startsWith("event: regions")).length;
  });
  socket.on("error", () => {});
  return own;
}

/** What the bot says of itself. */
async function measured(bot, who) {
  const { text } = await bot.ask("GET", "/metrics", { who });
  const of = (name, label) => Number(new RegExp(`^tbot_${name}_seconds${label} (\\S+)$`, "m").exec(text)?.[1]);
  const labels = (more) => `\\{identity="[^"]*"${more}\\}`;
  const share = (name, q) => of(name, labels(`,quantile="${q}"`)) * 1000;
  const one = (name) => {
    const found = { count: of(name, `_count${labels("")}`), p50: share(name, "0.5"), p99: share(name, "0.99") };
    if (!(found.count > 0 && found.p99 > 0)) throw new Error(`${name} was not measured: ${JSON.stringify(found)}`);
    return found;
  };
  return { intent: one("tick_to_intent"), settled: one("tick_to_settled") };
}

/** How long the watchers' core has worked and rested, in ticks of the kernel. */
function core() {
  const line = readFileSync("/proc/stat", "utf8").split("\n").find((l) => l.startsWith("cpu1 "));
  const [, user, nice, system, idle, iowait, irq, soft] = line.split(/\s+/).map(Number);
  return { busy: user + nice + system + irq + soft, idle: idle + iowait };
}

/** A neighbour that works so much of each hundredth of a second, and does nothing. */
function neighbour(share) {
  const loop = `const rest = new Int32Array(new SharedArrayBuffer(4));
    for (;;) { const end = performance.now() + ${10 * share}; while (performance.now() < end); Atomics.wait(rest, 0, 0, ${10 * (1 - share)}); }`;
  return spawn(process.execPath, ["-e", loop], { stdio: "ignore" });
}

/** Trades for a while; with watchers, the dashboard is asked for ten times a second; without, beside such a neighbour. */
async function phase(from, people, { watched = false, share = 0 } = {}) {
  const bot = await Bot.start({ from, speed: SPEED, wrap: ["taskset", "-c", "0"] });
  let browser, profile, busy;
  try {
    const started = bot.tell("start");
    if (started.status !== 0) throw new Error(started.said);
    const clients = [], answers = [];
    let clock = async () => "", began = "";
    if (watched) {
      // What the browser writes lies in memory where there is a place for it: a watcher's disk is not the bot's.
      profile = mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "tbot-watcher-"));
      const options = { executablePath: process.env.TBOT_CHROMIUM, args: ["--no-sandbox"], ignoreHTTPSErrors: true };
      browser = await chromium.launchPersistentContext(profile, options);
      await browser.addCookies([bot.cookieOf(people.operator)]);
      const page = await browser.newPage();
      await page.goto(`${bot.url}/`, { waitUntil: "domcontentloaded" });
      clock = () => page.locator('[data-region="bar"] .clock').innerText();
      began = await clock();
      for (let n = 1; n < WATCHERS; n++) clients.push(client(bot, people.viewer));
    }
    if (share > 0) busy = neighbour(share);
    const end = Date.now() + SECONDS * 1000, before = core();
    while (Date.now() < end) {
      if (watched) {
        const begun = performance.now();
        const { status } = await bot.ask("GET", "/", { who: people.operator });
        if (status !== 200) throw new Error(`the dashboard answered ${status}`);
        answers.push(performance.now() - begun);
      }
      await pause(100);
    }
    const after = core(), worked = after.busy - before.busy;
    const found = await measured(bot, people.viewer);
    // Who was sent nothing did not watch, and costs nothing.
    if (watched && (await clock()) === began) throw new Error("the browser's page stood still");
    if (clients.some((c) => c.events === 0)) throw new Error(`a scripted client was sent nothing: ${clients.map((c) => c.events)}`);
    for (const own of clients) own.end();
    return { ...found, answers, events: clients.map((c) => c.events), share: worked / (worked + after.idle - before.idle) };
  } finally {
    busy?.kill();
    await browser?.close();
    if (profile) rmSync(profile, { recursive: true, force: true });
    await bot.end();
  }
}

const place = mkdtempSync(join(tmpdir(), "tbot-prepared-"));
process.env.TBOT_BROWSER_PREPARED = place;
try {
  await prepare(place);
  const { busy, people } = prepared();
  // In turn, because the machine's disk and neighbours have better and worse minutes.
  const rounds = [];
  for (let n = 0; n < ROUNDS; n++) {
    const watched = await phase(busy, people, { watched: true });
    const beside = await phase(busy, people, { share: watched.share });
    rounds.push({ watched, beside, alone: await phase(busy, people) });
  }
  const answers = rounds.flatMap((r) => r.watched.answers), page = quantile(answers, 0.99);
  const events = rounds.flatMap((r) => r.watched.events);
  const middle = (value) => quantile(rounds.map(value), 0.5);
  const share = (part) => `${Math.round(middle((r) => r[part].share) * 100)} %`;
  console.log(`dashboard with ${WATCHERS} watchers: p50 ${ms(quantile(answers, 0.5))}, p99 ${ms(page)} of ${answers.length} (at most ${PAGE_LIMIT} ms)`);
  console.log(`stream: each scripted client had ${Math.min(...events)} to ${Math.max(...events)} events in ${SECONDS} s`);
  console.log(`the watchers' core was busy: watched ${share("watched")}, beside a loop ${share("beside")}, alone ${share("alone")}`);
  for (const [name, words] of [["intent", "tick to intent"], ["settled", "tick to settled"]]) {
    const one = (part, what) => `${what} p50 ${ms(middle((r) => r[part][name].p50))}, p99 ${ms(middle((r) => r[part][name].p99))}`;
    const ratio = (to) => middle((r) => r.watched[name].p99 / r[to][name].p99).toFixed(2);
    console.log(`${words}, middle of ${ROUNDS} rounds of some ${rounds[0].alone[name].count}: ${one("alone", "alone")}; ${one("beside", "beside a loop")}; ${one("watched", "watched")}`);
    console.log(`${words}: ratio of p99, watched to alone ${ratio("alone")}, watched to beside a loop ${ratio("beside")} (aim ${RATIO_AIM})`);
  }
  process.exitCode = page <= PAGE_LIMIT ? 0 : 1;
} finally {
  rmSync(place, { recursive: true, force: true });
}
