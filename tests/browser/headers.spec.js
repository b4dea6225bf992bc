// WEB-4: every response carries the headers, errors too, and no page has a script or a style of its own.
import { expect, test } from "./fixtures.js";

const POLICY = {
  "default-src": "'none'", "script-src": "'self'", "style-src": "'self'", "frame-ancestors": "'none'", "base-uri": "'none'", "form-action": "'self'",
};
const HEADERS = {
  "x-content-type-options": /^nosniff$/, "x-frame-options": /^DENY$/, "referrer-policy": /^(same-origin|no-referrer)$/,
  "permissions-policy": /camera=\(\).*geolocation=\(\)/, "cross-origin-opener-policy": /^same-origin$/,
  "cross-origin-resource-policy": /^same-origin$/, "cache-control": /./,
};

/** What is wrong with an answer. */
function faults({ headers, text }) {
  const policy = Object.fromEntries((headers["content-security-policy"] ?? "").split(";").map((part) => part.trim().split(/ (.*)/)));
  const found = Object.entries(POLICY).filter(([name, value]) => policy[name] !== value).map(([name]) => `policy: ${name} is ${policy[name]}`);
  if (/unsafe|https?:|\*/.test(headers["content-security-policy"])) found.push(`policy: ${headers["content-security-policy"]}`);
  for (const [name, value] of Object.entries(HEADERS)) if (!value.test(headers[name] ?? "")) found.push(`${name}: ${headers[name]}`);
  if (headers.server || headers["x-powered-by"]) found.push("names its server");
  if (/html/.test(headers["content-type"] ?? "")) {
    if (/<script(?![^>]*\bsrc=)[^>]*>/i.test(text)) found.push("inline script");
    if (/<style|\sstyle\s*=/i.test(text)) found.push("inline style");
    if (/\son[a-z]+\s*=\s*["']/i.test(text)) found.push("inline handler");
    if (/(src|href|action)="(https?:)?\/\/(?!www\.tradingview\.com)/i.test(text)) found.push("another host");
  }
  return found;
}

test("WEB-4 headers on every answer: pages, files, API, redirects, refusals, errors", async ({ bot, people }) => {
  const { administrator: ann, viewer } = people;
  const asks = [];
  const ask = (method, path, given = {}) => asks.push([`${method} ${path}`, () => bot.ask(method, path, given)]);
  const home = await bot.ask("GET", "/", { who: ann });
  const menu = Array.from(home.text.matchAll(/<a href="(\/[^"]*)"/g), (m) => m[1].replaceAll("&#x2F;", "/"));
  const files = Array.from(home.text.matchAll(/(?:src|href)="(\/static\/[^"]*)"/g), (m) => m[1].replaceAll("&#x2F;", "/"));
  expect(menu.length).toBeGreaterThan(10);
  expect(files.length).toBeGreaterThan(2);
  for (const path of [...menu, ...files]) ask("GET", path, { who: ann });
  for (const path of ["/api/v1/board", "/api/v1/decisions", "/api/v1/audit", "/api/sre/health", "/metrics", "/health", "/ready"]) {
    ask("GET", path, { who: ann });
    ask("GET", path);
  }
  ask("GET", "/sign-in");
  ask("GET", "/");
  ask("POST", "/sign-in", { form: { name: "x", password: "y" } });
  ask("GET", "/users", { who: viewer });
  ask("GET", "/nothing");
  ask("GET", "/nothing", { who: ann });
  ask("GET", "/static/nothing.js");
  ask("GET", "/api/v1/nothing");
  ask("PUT", "/");
  ask("DELETE", "/api/v1/board", { who: ann });
  ask("POST", "/commands/kill", { who: { ...ann, form: "" }, form: {} });
  ask("POST", "/commands/start", { who: ann, form: { why: "x".repeat(100_000) } });
  ask("POST", "/api/v1/commands/freeze", { who: ann, json: "not an object" });
  ask("GET", "/decisions/nothing", { who: ann });
  ask("GET", "/symbols/%00", { who: ann });
  ask("GET", "/ledger/entries/-1", { who: ann });
  ask("GET", "/api/v1/board", { headers: { authorization: "Bearer nonsense" } });
  ask("GET", `/link/${"A".repeat(43)}`);
  ask("GET", `/register/${"A".repeat(43)}`);
  const seen = new Set();
  for (const [what, answer] of asks) {
    const got = await answer();
    seen.add(got.status);
    expect(faults(got), `${what}: ${got.status}`).toEqual([]);
    expect(got.status, what).toBeLessThan(500);
  }
  for (const status of [200, 303, 401, 403, 404, 405, 422]) expect([...seen], "seen").toContain(status);
});

test("WEB-4 the stream has them too, and is not kept by anybody between", async ({ bot, people }) => {
  const socket = bot.connect();
  socket.write(`GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: ${people.viewer.cookie}\r\n\r\n`);
  const head = await new Promise((done) => {
    let text = "";
    socket.on("data", (part) => { text += part; if (text.includes("\r\n\r\n")) done(text.split("\r\n\r\n")[0]); });
  });
  socket.destroy();
  const headers = Object.fromEntries(head.split("\r\n").slice(1).map((line) => line.toLowerCase().split(/: (.*)/)));
  headers["x-frame-options"] = headers["x-frame-options"].toUpperCase();
  expect(faults({ headers, text: "" })).toEqual([]);
  expect(headers["cache-control"]).toMatch(/no-(store|cache)/);
});

test("WEB-4 what is no HTTP at all is refused without a word about the inside", async ({ bot }) => {
  const said = async (bytes) => {
    const socket = bot.connect();
    let text = "";
    socket.on("data", (part) => { text += part; });
    // It may hang up before it has read all.
    socket.on("error", () => {});
    socket.end(bytes);
    await new Promise((done) => socket.on("close", done));
    return text;
  };
  for (const bytes of ["nonsense\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", `GET /${"a".repeat(200_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n"]) {
    const answer = await said(bytes);
    expect(answer).toMatch(/^(HTTP\/1\.1 4\d\d|$)/);
    expect(answer).not.toMatch(/panick|\.rs|actix|\/src\//i);
  }
  expect((await bot.ask("GET", "/health")).status).toBe(200);
});

test("WEB-5 /health and /ready need no sign-in and tell nothing but that", async ({ bot }) => {
  expect(JSON.parse((await bot.ask("GET", "/health")).text)).toEqual({ status: "alive" });
  expect(Object.keys(JSON.parse((await bot.ask("GET", "/ready")).text)).sort()).toEqual(["state", "status"]);
});
