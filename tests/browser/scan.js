// The running bot against scanners that are not ours: an OpenAPI fuzzer with an administrator's token, and a crawler that
// attacks every form it finds, as an administrator and as nobody. Each has a bot of its own.
//
//   node scan.js FUZZER CRAWLER OUT [PART]
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Bot, prepare, prepared, ROLES } from "./bot.js";

const [FUZZER, CRAWLER, OUT, ONLY] = process.argv.slice(2);
const faults = [], checked = [];

/** In the reports' folder, where it may leave what it likes. */
function run(line, args) {
  return new Promise((done) => spawn(line, args, { cwd: OUT, stdio: ["ignore", "inherit", "inherit"] }).once("exit", done));
}

/** What is still well after the attack. */
async function survived(bot, what) {
  const alive = await bot.ask("GET", "/health").catch((error) => ({ status: 0, text: String(error) }));
  if (alive.status !== 200) faults.push(`${what}: the bot does not answer any more: ${alive.text}`);
  const log = readFileSync(join(bot.data, "logs", "system.log"), "utf8");
  for (const line of log.split("\n").filter((l) => /panick|"level":"ERROR"/i.test(l)).slice(0, 10)) faults.push(`${what}: ${line}`);
}

/** Every operation of the document, with a token that may do everything; shutdown alone is left out, since it would end the rest. */
async function fuzz({ busy, people }) {
  const bot = await Bot.start({ from: busy });
  try {
    const token = await bot.token(people.administrator, ROLES);
    const options = {
      "--header": `Authorization: Bearer ${token}`, "--max-examples": process.env.TBOT_SCAN_EXAMPLES || 40, "--seed": 1, "--request-timeout": 10,
      // The bot's certificate is its own.
      "--tls-verify": "false",
      // What fits the description may still be refused: a bot that is stopped cannot be paused.
      "--checks": "all", "--exclude-checks": "positive_data_acceptance",
      // It would end the rest.
      "--exclude-path": "/api/v1/commands/shutdown",
      "--report": "junit", "--report-dir": OUT,
    };
    const status = await run(FUZZER, ["run", `${bot.url}/api/openapi.json`, ...Object.entries(options).flat().map(String)]);
    const operations = readFileSync(join(OUT, readdirSync(OUT).filter((f) => f.startsWith("junit")).sort().at(-1)), "utf8").match(/<testcase /g)?.length ?? 0;
    checked.push(`fuzzer: ${operations} operations of the API, all checks but one, as an administrator`);
    if (operations < 30) faults.push(`fuzzer: it saw ${operations} operations, and should see 30`);
    if (status !== 0) faults.push(`the fuzzer found something (exit code ${status})`);
    await survived(bot, "fuzzer");
  } finally {
    await bot.end();
  }
}

/** What the crawler does, and what each of its walks has to see at least, so that a locked door is no clean report. */
const MODULES = ["backup", "cookieflags", "crlf", "csp", "exec", "file", "http_headers", "methods", "permanentxss", "redirect", "sql", "timesql", "upload", "xss"];
const WALKS = [
  // Every page and the forms on it; each page has the verbs of the bar once more, under a key of its own, so these are left to the next.
  { name: "pages", who: "administrator", from: "/", depth: 2, without: ["/commands/*"], least: 40 },
  { name: "verbs", who: "administrator", from: "/risk", depth: 1, without: ["/commands/shutdown"], least: 30 },
  { name: "door", who: null, from: "/sign-in", depth: 2, without: [], least: 1 },
];
/** Left out of every walk: they end the session that the walk is made with, or never end themselves. */
const NEVER = ["/sign-out", "/account/sessions/revoke", "/events"];

/** What it finds and is meant so. */
const MEANT = {
  "HTTP Strict Transport Security (HSTS)": "a certificate of the bot's own is nothing to bind browsers to for a year; with a given one, or behind a proxy, the header is sent",
};

/** One walk of the crawler, and its attacks on what it has found. */
async function crawl({ busy, people }, { name, who, from, depth, without, least }) {
  const bot = await Bot.start({ from: busy });
  const report = join(OUT, `crawler-${name}.json`);
  try {
    bot.tell("start");
    const options = {
      "--url": bot.url + "/", "--start": bot.url + from, "--scope": "folder", "--depth": depth,
      "--max-links-per-page": 80, "--timeout": 5, "--verbose": 1, "--format": "json", "--output": report,
      // A walk ends by itself well before; an attack of one kind is cut off, since each form has a hundred payloads.
      "--max-scan-time": 90, "--max-attack-time": process.env.TBOT_SCAN_ATTACK || 20,
      // Beyond that it is the form of all settings, whose keys differ in nothing but their names; the sections' are attacked.
      "--max-parameters": 60,
      // csrf is no module here: it knows tokens by the usual names alone; sign_in.spec.js forges forms instead.
      "--module": MODULES.join(","), "--store-session": join(OUT, "session"), "--store-config": join(OUT, "config"),
    };
    const args = [...Object.entries(options).flat().map(String), "--flush-session", "--no-bugreport"];
    if (who) args.push("--header", `Cookie: ${people[who].cookie}`);
    for (const path of [...NEVER, ...without]) args.push("--exclude", bot.url + path);
    // A form's secret and its key are answered with a refusal when they are changed; what is behind them is what counts.
    for (const parameter of ["form", "key"]) args.push("--skip", parameter);
    const status = await run(CRAWLER, args);
    if (status !== 0) faults.push(`crawler, ${name}: it ended with ${status}`);
    const { infos, vulnerabilities, anomalies } = JSON.parse(readFileSync(report, "utf8"));
    for (const [kind, all] of [...Object.entries(vulnerabilities), ...Object.entries(anomalies)]) {
      if (all.length && MEANT[kind]) checked.push(`crawler, ${name}: left out ${kind}: ${MEANT[kind]}`);
      else for (const f of all) faults.push(`crawler, ${name}: ${kind}: ${f.method} ${f.path}: ${f.info}`);
    }
    checked.push(`crawler, ${name}: ${infos.crawled_pages_nbr} pages and forms as ${who ?? "nobody"}, ${MODULES.length} kinds of attack`);
    if (infos.crawled_pages_nbr < least) faults.push(`crawler, ${name}: it saw ${infos.crawled_pages_nbr} pages and forms, and should see ${least}`);
    await survived(bot, `crawler, ${name}`);
  } finally {
    await bot.end();
  }
}

if (!OUT) {
  console.error("node scan.js FUZZER CRAWLER OUT");
  process.exit(2);
}
mkdirSync(OUT, { recursive: true });
const place = mkdtempSync(join(tmpdir(), "tbot-prepared-"));
process.env.TBOT_BROWSER_PREPARED = place;
try {
  await prepare(place);
  if (!ONLY || ONLY === "fuzzer") await fuzz(prepared());
  for (const walk of WALKS.filter(({ name }) => !ONLY || ONLY === name)) await crawl(prepared(), walk);
  if (checked.length === 0) faults.push(`nothing was checked: ${ONLY} is no part; fuzzer, ${WALKS.map((w) => w.name).join(", ")} are`);
} finally {
  rmSync(place, { recursive: true, force: true });
}
for (const line of checked) console.log(line);
for (const fault of faults) console.log(fault);
console.log(`${faults.length} found; reports are in ${OUT}`);
process.exit(faults.length ? 1 : 0);
