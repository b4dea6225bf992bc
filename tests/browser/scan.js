// The running bot against scanners that are not ours: an OpenAPI fuzzer with an administrator's token, and a crawler that
// attacks every form it finds, as an administrator and as nobody. Each has a bot of its own.
//
//   node scan.js FUZZER CRAWLER OUT
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Bot, prepare, prepared, ROLES } from "./bot.js";

const [FUZZER, CRAWLER, OUT] = process.argv.slice(2);
const faults = [];

function run(line, args) {
  return new Promise((done) => spawn(line, args, { stdio: ["ignore", "inherit", "inherit"] }).once("exit", done));
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
    const status = await run(FUZZER, ["run", `${bot.url}/api/openapi.json`, "--header", `Authorization: Bearer ${token}`,
      "--checks", "all", "--exclude-checks", "positive_data_acceptance", "--exclude-path", "/api/v1/commands/shutdown",
      "--max-examples", process.env.TBOT_SCAN_EXAMPLES || "40", "--seed", "1", "--request-timeout", "10", "--report", "junit", "--report-dir", OUT]);
    if (status !== 0) faults.push(`the fuzzer found something (exit code ${status})`);
    await survived(bot, "fuzzer");
  } finally {
    await bot.end();
  }
}

/** Every page and form that can be reached. */
async function crawl({ busy, people }, who) {
  const bot = await Bot.start({ from: busy });
  const report = join(OUT, `crawler-${who ?? "nobody"}.json`);
  try {
    bot.tell("start");
    const session = who ? ["--header", `Cookie: ${people[who].cookie}`] : [];
    const args = ["--url", `${bot.url}/`, ...session, "--scope", "folder", "--flush-session", "--no-bugreport", "--depth", "4",
      "--max-links-per-page", "60", "--max-scan-time", process.env.TBOT_SCAN_SECONDS || "240", "--max-attack-time", process.env.TBOT_SCAN_ATTACK || "30", "--timeout", "5",
      "--exclude", `${bot.url}/sign-out`, "--exclude", `${bot.url}/account/sessions/revoke`, "--exclude", `${bot.url}/events`,
      // Not csrf: it knows tokens by the usual names alone. sign_in.spec.js forges forms instead.
      "--module", "backup,cookieflags,crlf,csp,exec,file,http_headers,methods,permanentxss,redirect,sql,timesql,upload,xss",
      "--verbose", "1", "--format", "json", "--output", report];
    const status = await run(CRAWLER, args);
    if (status !== 0) faults.push(`the crawler ended with ${status}`);
    const found = JSON.parse(readFileSync(report, "utf8"));
    for (const kind of ["vulnerabilities", "anomalies"]) {
      for (const [name, all] of Object.entries(found[kind])) for (const f of all) faults.push(`crawler as ${who ?? "nobody"}: ${name}: ${f.method} ${f.path}: ${f.info}`);
    }
    await survived(bot, "crawler");
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
  await fuzz(prepared());
  for (const who of ["administrator", null]) await crawl(prepared(), who);
} finally {
  rmSync(place, { recursive: true, force: true });
}
for (const fault of faults) console.log(fault);
console.log(`${faults.length} found; reports are in ${OUT}`);
process.exit(faults.length ? 1 : 0);
