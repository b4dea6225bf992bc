// A real bot: the binary, its folder, its pages over HTTP. Everything here uses what a stranger has: the way in that the
// terminal shows, forms, one-time codes.
import { spawn, spawnSync } from "node:child_process";
import { createHmac } from "node:crypto";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import net from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import tls from "node:tls";

export const BINARY = resolve(process.env.TBOT_BIN || "../../target/debug/tbot");
export const PASSWORD = "four words are enough here";
/** Over TLS with a certificate of the bot's own, unless told otherwise: own or off. */
const TLS = process.env.TBOT_BROWSER_TLS || "own";
/** Every role, each with a person of that name; ada, the first administrator, has further administrators beside her. */
export const ROLES = ["viewer", "reviewer", "operator", "risk_officer", "auditor", "administrator"];

export const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** Asks until it holds, and says what was seen last where it never does. */
export async function until(what, look, holds, seconds = 30) {
  const end = Date.now() + seconds * 1000;
  for (let seen; ; await pause(40)) {
    seen = await look();
    if (holds(seen)) return seen;
    if (Date.now() > end) throw new Error(`never ${what}: ${JSON.stringify(seen)?.slice(0, 2000)}`);
  }
}

/** The code of a secret, so many steps of thirty seconds from now. */
export function code(secret, steps = 0) {
  const bits = Array.from(secret.replace(/\s/g, ""), (c) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(c).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps));
  const mac = createHmac("sha1", key).update(counter).digest();
  return String((mac.readUInt32BE(mac[19] & 15) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

/** Copies a bot's folder; its socket lives with its process. */
const copy = (from, to) => cpSync(from, to, { recursive: true, filter: (path) => !path.endsWith(".sock") });

/** Where a request comes from: attempts are limited by address, and 127.0.0.0/8 has many. */
let address = 1;
const nextAddress = () => `127.0.${1 + (++address >> 7)}.${1 + (address & 127)}`;

export class Bot {
  /** Starts one: in a copy of another's folder, or with nothing but an empty home; where it has no identity, in the wizard. */
  static async start({ from, identity = "TBOT_US_SIM_01", speed = "60", seed = 1, port = 0, more = [], wrap = [] } = {}) {
    if (!from && identity) more = ["--identity", identity, ...more];
    const bot = new Bot();
    bot.folder = mkdtempSync(join(process.env.TBOT_BROWSER_FOLDER || tmpdir(), "tbot-browser-"));
    bot.data = join(bot.folder, ".local", "share", "tbot");
    if (from) copy(from, bot.data);
    await bot.run({ speed, seed, port, more, wrap });
    return bot;
  }

  async run({ speed, seed = 1, port = 0, more = [], wrap = [] }) {
    const line = [...wrap, BINARY, "run", "--unwatched", "--listen", `127.0.0.1:${port}`, "--tls", TLS, "--log-level", "error",
      "--speed", String(speed), "--seed", String(seed), "--config", resolve("../../config"), ...more];
    const env = { ...process.env, HOME: this.folder, XDG_DATA_HOME: "" };
    this.child = spawn(line[0], line.slice(1), { env, stdio: ["ignore", "pipe", "pipe"] });
    this.ended = new Promise((done) => this.child.once("exit", (status) => done(status)));
    let complaint = "";
    this.child.stderr.on("data", (text) => { complaint += text; });
    const said = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
    for (;;) {
      const { value, done } = await said.next();
      if (done) throw new Error(`the bot ended at once: ${complaint}`);
      const found = /(https?:\/\/[^/\s]+)(\/\S*)?/.exec(value);
      if (found) { [, this.url, this.path] = found; break; }
    }
    this.child.stdout.resume();
  }

  /** Ends it as a power cut would; what it leaves can be started again. */
  async perish() {
    this.child.kill("SIGKILL");
    await this.ended;
  }

  /** Ends it, and takes its folder away. */
  async end() {
    await this.perish();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** A verb on the command line beside it. */
  tell(...words) {
    const done = spawnSync(BINARY, [...words, "--data", this.data], { encoding: "utf8" });
    return { status: done.status, said: done.stdout + done.stderr };
  }

  board() {
    const asked = this.tell("status", "--json");
    return JSON.parse(asked.said).board;
  }

  until(what, holds, seconds) {
    return until(what, () => this.board(), holds, seconds);
  }

  /** One request, as a program sends it. */
  ask(method, path, { who, form, json, headers = {}, from = "127.0.0.1" } = {}) {
    const sent = { ...headers };
    let body;
    if (who?.cookie) sent.cookie = who.cookie;
    if (form) {
      body = new URLSearchParams({ ...(who ? { form: who.form } : {}), ...form }).toString();
      sent["content-type"] = "application/x-www-form-urlencoded";
    } else if (json !== undefined) {
      body = JSON.stringify(json);
      sent["content-type"] = "application/json";
      if (who) sent["x-tbot-form"] ??= who.form;
    }
    const url = new URL(path, this.url);
    const by = url.protocol === "https:" ? https : http;
    return new Promise((done, failed) => {
      const options = { method, headers: sent, localAddress: from, agent: false, rejectUnauthorized: false };
      const request = by.request(url, options, (answer) => {
        let text = "";
        answer.setEncoding("utf8").on("data", (part) => { text += part; });
        answer.on("end", () => done({ status: answer.statusCode, headers: answer.headers, text }));
        answer.on("error", failed);
      });
      request.on("error", failed);
      request.end(body);
    });
  }

  /** Whoever comes in with this answer. */
  async entered(answer, name) {
    const cookie = answer.headers["set-cookie"]?.[0].split(";")[0];
    if (!cookie) throw new Error(`${name} did not come in: ${answer.status} ${answer.text}`);
    const page = await this.ask("GET", "/account", { who: { cookie } });
    return { name, cookie, form: /name="tbot-form" content="([^"]+)"/.exec(page.text)[1] };
  }

  /** The cookie of somebody, for a browser. */
  cookieOf(who) {
    const [name, value] = who.cookie.split("=");
    return { name, value, url: this.url, httpOnly: true, secure: this.url.startsWith("https"), sameSite: "Strict" };
  }

  /** A bare connection. */
  connect() {
    const { port, protocol } = new URL(this.url);
    return protocol === "https:" ? tls.connect({ port, host: "127.0.0.1", rejectUnauthorized: false }) : net.connect(port, "127.0.0.1");
  }

  /** The first administrator, by the link that the terminal showed. */
  async register(name) {
    const form = { name, password: PASSWORD, again: PASSWORD };
    return this.entered(await this.ask("POST", this.path, { form, from: nextAddress() }), name);
  }

  async signIn(name, given = {}) {
    const form = { name, password: PASSWORD, ...given };
    return this.entered(await this.ask("POST", "/sign-in", { form, from: nextAddress() }), name);
  }

  /** Sets codes up; the step before this one's code is the one that confirms, so that this one and the next are left. */
  async setUpCodes(who) {
    const left = 30_000 - (Date.now() % 30_000);
    if (left < 4_000) await pause(left + 200);
    const page = await this.ask("POST", "/account/codes", { who, form: {} });
    who.secret = /<code class="secret">([^<]+)</.exec(page.text)[1].replace(/\s/g, "");
    const done = await this.ask("POST", "/account/codes/confirm", { who, form: { code: code(who.secret, -1) } });
    who.recovery = Array.from(done.text.matchAll(/<li><code>([^<]+)</g), (m) => m[1]);
    who.steps = [0, 1];
    return who;
  }

  /** Adds somebody; a code counts once, so each administrator adds two. */
  async add(by, name, role) {
    const form = { name, [`role_${role}`]: "on", code: code(by.secret, by.steps.shift()) };
    const page = await this.ask("POST", "/users", { who: by, form });
    const link = /\/link\/[\w-]+/.exec(page.text)?.[0];
    if (!link) throw new Error(`${name} was not added: ${page.status} ${page.text}`);
    return this.entered(await this.ask("POST", link, { form: {}, from: nextAddress() }), name);
  }

  /** A personal token for programs, with all roles of its person. */
  async token(who, roles) {
    const form = { label: "tests", ...Object.fromEntries(roles.map((r) => [`role_${r}`, "on"])) };
    const page = await this.ask("POST", "/account/tokens", { who, form });
    return /shown this once: (\S+?)</.exec(page.text)[1];
  }
}

/** Somebody of every role. Administrators help out, since a code counts once. */
async function staff(bot) {
  const people = {};
  let by = await bot.setUpCodes(await bot.register("ada"));
  people.ada = by;
  const helpers = ["bob", "cyd", "dan", "eve"];
  for (const role of ROLES) {
    people[role] = await bot.add(by, role.replace("_", "-"), role);
    const helper = helpers.shift();
    if (helper) by = await bot.setUpCodes(await bot.add(by, helper, "administrator"));
    else if (by.steps.length === 0) by = people.administrator;
  }
  await bot.setUpCodes(people.administrator);
  await bot.ask("POST", "/account/password", { who: people.operator, form: { new: PASSWORD } });
  return people;
}

/** Folders to begin from: `idle` knows the people and never traded, `busy` died with positions open. */
export async function prepare(place) {
  const bot = await Bot.start({ speed: 3000 });
  try {
    const people = await staff(bot);
    bot.board();
    await bot.perish();
    copy(bot.data, join(place, "idle"));
    await bot.run({ speed: 3000 });
    const started = bot.tell("start");
    if (started.status !== 0) throw new Error(started.said);
    await bot.until("several positions", (b) => b.positions.length > 3 && b.trades.length > 0);
    await bot.perish();
    copy(bot.data, join(place, "busy"));
    writeFileSync(join(place, "people.json"), JSON.stringify(people));
  } finally {
    await bot.end();
  }
}

/** What was prepared. */
export function prepared() {
  const place = process.env.TBOT_BROWSER_PREPARED;
  const people = JSON.parse(readFileSync(join(place, "people.json"), "utf8"));
  return { idle: join(place, "idle"), busy: join(place, "busy"), people };
}
