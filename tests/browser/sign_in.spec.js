// WEB-4: coming in, and everything that must not work.
import { code, PASSWORD, Bot } from "./bot.js";
import { expect, signIn, state, test } from "./fixtures.js";

test.use({ begins: "idle" });

test("WEB-4 the first administrator registers by the link that the terminal showed, once", async ({ browser }) => {
  const bot = await Bot.start();
  try {
    const page = await browser.newPage();
    await page.goto(bot.url + bot.path);
    await page.getByLabel("Name").fill("Ann Smith");
    await page.getByLabel("Password", { exact: true }).fill("short");
    await page.getByLabel("The same again").fill("short");
    await page.getByRole("button", { name: "Register" }).click();
    await expect(page.getByLabel("Name")).toHaveValue("Ann Smith");
    await expect(page.getByLabel("Password", { exact: true })).toHaveValue("");
    await page.getByLabel("Name").fill("ann");
    await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
    await page.getByLabel("The same again").fill(PASSWORD);
    await page.getByRole("button", { name: "Register" }).click();
    await expect(page.getByRole("navigation", { name: "Pages" })).toContainText("Users");
    const again = await browser.newPage();
    const answer = await again.goto(bot.url + bot.path);
    expect(answer.status()).toBe(404);
    await expect(again.locator("body")).toContainText("was used already");
  } finally {
    await bot.end();
  }
});

test("WEB-4 a person signs in, is led to the page that was asked for, and signs out", async ({ bot, browserOf }) => {
  const page = await browserOf();
  await page.goHome("/trades");
  await expect(page).toHaveURL(`${bot.url}/sign-in?next=/trades`);
  await signIn(page, "operator", PASSWORD);
  await expect(page).toHaveURL(`${bot.url}/trades`);
  const cookies = await page.context().cookies();
  expect(cookies.map((c) => [c.name, c.httpOnly, c.secure, c.sameSite])).toEqual([["__Host-tbot", true, true, "Strict"]]);
  expect(await page.evaluate(() => document.cookie)).toBe("");
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page).toHaveURL(/\/sign-in/);
  await page.goHome("/");
  await expect(page).toHaveURL(/\/sign-in/);
});

test("WEB-4 a wrong name and a wrong password look alike", async ({ browserOf }) => {
  const page = await browserOf();
  const said = [];
  for (const name of ["operator", "nobody"]) {
    await page.goHome("/sign-in");
    await signIn(page, name, "not the password at all");
    await expect(page.getByLabel("Name")).toHaveValue(name);
    await expect(page.getByLabel("Password")).toHaveValue("");
    said.push((await page.locator("main").innerText()).replace(name, "NAME"));
  }
  expect(said[0]).toContain("is wrong");
  expect(said[0]).toBe(said[1]);
});

test("WEB-4 five wrong passwords lock the name; the right one does not open it, and the page says what still works", async ({ browserOf }) => {
  const page = await browserOf();
  await page.goHome("/sign-in");
  for (let n = 0; n < 5; n++) {
    await signIn(page, "operator", `wrong password ${n}`);
    await expect(page.getByRole("alert")).toContainText("is wrong");
  }
  await signIn(page, "operator", PASSWORD);
  await expect(page.getByRole("alert")).toContainText("Too many attempts with this name");
  await expect(page.getByRole("alert")).toContainText("tbot kill and tbot stop work meanwhile");
  await page.goHome("/");
  await expect(page).toHaveURL(/\/sign-in/);
});

test("WEB-4 one address has ten attempts, and the page says when the next one may come", async ({ bot, browserOf }) => {
  const link = `/link/${"A".repeat(43)}`;
  const tries = Array.from({ length: 12 }, () => bot.ask("GET", link));
  const statuses = (await Promise.all(tries)).map((answer) => answer.status);
  expect(statuses.filter((status) => status === 404).length).toBe(10);
  const page = await browserOf();
  const answer = await page.goHome(link);
  expect(answer.status()).toBe(429);
  expect(Number(answer.headers()["retry-after"])).toBeGreaterThan(0);
  await expect(page.locator("body")).toContainText(/Try again in \d+ s/);
});

test("WEB-3 codes are asked for at the door, and each opens once", async ({ browserOf, people }) => {
  const page = await browserOf();
  await page.goHome("/sign-in");
  await signIn(page, "ada", PASSWORD);
  await expect(page.getByRole("alert")).toContainText("is wrong");
  const right = people.ada.recovery[0];
  await signIn(page, "ada", PASSWORD, right);
  await expect(state(page)).toBeVisible();
  const other = await browserOf();
  await other.goHome("/sign-in");
  await signIn(other, "ada", PASSWORD, right);
  await expect(other.getByRole("alert")).toContainText("is wrong");
});

test("WEB-4 a sign-in link works once, and looking at it does not use it up", async ({ bot, browserOf, people }) => {
  const form = { person: "2", code: code(people.administrator.secret) };
  const made = await bot.ask("POST", "/users/link", { who: people.administrator, form });
  const link = /\/link\/[\w-]+/.exec(made.text)[0];
  for (let n = 0; n < 2; n++) expect((await bot.ask("GET", link)).status).toBe(200);
  const page = await browserOf();
  await page.goHome(link);
  await page.getByRole("button", { name: /^Sign in as / }).click();
  await expect(state(page)).toBeVisible();
  const late = await browserOf();
  const answer = await late.goHome(link);
  expect(answer.status()).toBe(404);
  await expect(late.locator("body")).toContainText("was used already");
});

test("WEB-4 a forged form does nothing: another site's, another session's, and one without its secret", async ({ bot, people }) => {
  const kill = (who, headers, form = {}) => bot.ask("POST", "/commands/kill", { who, headers, form: { key: "k", ...form } });
  const { operator, administrator } = people;
  const forged = [
    kill({ ...operator, form: "" }, {}),
    kill({ ...operator, form: administrator.form }, {}),
    kill(operator, { "sec-fetch-site": "cross-site" }),
    kill(operator, { origin: "https://evil.example" }),
    bot.ask("POST", "/api/v1/commands/kill", { who: operator, json: {}, headers: { "idempotency-key": "k", "x-tbot-form": "" } }),
  ];
  for (const answer of await Promise.all(forged)) {
    expect(answer.status).toBe(403);
    expect(answer.text).toContain("This form is not from here");
  }
  expect(bot.board().latch).toBe(null);
});

test("WEB-4 another site's page cannot send the form in a browser that is signed in", async ({ bot, browserOf }) => {
  const page = await browserOf("operator");
  await page.route("http://evil.example/", (route) => route.fulfill({
    contentType: "text/html",
    body: `<form method="post" action="${bot.url}/commands/kill"><input name="key" value="k"></form>`,
  }));
  // The listener would call the visit itself a fault.
  page.removeAllListeners("request");
  await page.goto("http://evil.example/");
  await page.evaluate(() => document.forms[0].submit());
  await page.waitForURL(/sign-in|commands/);
  expect(bot.board().latch).toBe(null);
});

test("WEB-4 a session that was revoked ends in its open page within seconds", async ({ bot, browserOf, people }) => {
  const page = await browserOf("operator");
  await page.goHome("/");
  await expect(state(page)).toBeVisible();
  const elsewhere = await bot.signIn("operator");
  const answer = await bot.ask("POST", "/account/sessions/revoke", { who: elsewhere, form: { session: "others" } });
  expect(answer.status).toBe(200);
  await expect(page).toHaveURL(/\/sign-in\?next=/);
  expect((await bot.ask("GET", "/api/v1/board", { who: people.operator })).status).toBe(401);
});

test("WEB-4 nobody is led to another host after signing in", async ({ bot, browserOf }) => {
  const page = await browserOf();
  await page.goHome("/sign-in?next=//evil.example/");
  await signIn(page, "operator", PASSWORD);
  await expect(page).toHaveURL(`${bot.url}/`);
});
