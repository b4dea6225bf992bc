// OPS-3, WEB-3, WEB-7: the configuration changed while the bot trades, by who may, with a reason, and back again.
import { code } from "./bot.js";
import { expect, mark, marked, start, symbols, test } from "./fixtures.js";

const KEY = "risk.day_loss";
const field = (page, key) => page.getByLabel(key, { exact: true });
const difference = (page) => page.getByRole("row", { name: KEY });
const version = (page, number) => page.locator("section", { has: page.getByRole("heading", { name: "Versions" }) })
  .getByRole("row").filter({ has: page.locator("th", { hasText: new RegExp(`^${number}\\b`) }) });
/** The limit as everybody's Risk page shows it. */
const limit = (page) => page.locator('[data-region="limits"]').getByRole("row", { name: /^Daily loss [\d,.]+/ }).locator("td").nth(1);

/** Types values and asks for the difference. */
async function draft(page, values, path = "/settings") {
  await page.goHome(path);
  for (const [key, value] of Object.entries(values)) await field(page, key).fill(value);
  await page.getByRole("button", { name: "Show the difference" }).click();
}

async function apply(page, why, digits) {
  await page.getByLabel("Why", { exact: true }).fill(why);
  if (digits) await page.getByLabel("One-time code").fill(digits);
  await page.getByRole("button", { name: /^(Apply as|Go back to) version \d+$/ }).click();
}

/** Somebody who watches the limit, and the bot that trades. */
async function trading(browserOf) {
  const watcher = await browserOf("operator");
  await watcher.goHome();
  await start(watcher);
  expect((await symbols(watcher)).length).toBeGreaterThan(3);
  await watcher.goHome("/risk");
  await expect(limit(watcher)).toHaveText("2,000.00");
  await mark(watcher);
  return watcher;
}

/** It went on: the same process, the same page, trading. */
async function wentOn(bot, watcher) {
  expect(bot.child.exitCode).toBe(null);
  expect(await marked(watcher)).toBe(true);
  expect(bot.board().state).toMatch(/^(monitoring|trading|analyzing)$/);
}

test("OPS-3 a limit is tightened while the bot trades: difference, reason, in force at once, without a restart", async ({ bot, browserOf }) => {
  const watcher = await trading(browserOf);
  const page = await browserOf("administrator");
  await draft(page, { [KEY]: "1,500" });
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Version 1 to 2");
  await expect(page.locator("main tbody tr")).toHaveCount(1);
  await expect(difference(page)).toContainText(/2000\.00 USD.*1500\.00 USD.*at once.*tightens/);

  // No reason, no change: neither for a browser nor for one that does not look.
  const button = page.getByRole("button", { name: "Apply as version 2" });
  await button.click();
  await expect(page).toHaveURL(/\/settings\/draft$/);
  await page.getByLabel("Why", { exact: true }).evaluate((why) => { why.form.noValidate = true; });
  await button.click();
  await expect(page.getByRole("alert")).toContainText("Say why");
  await expect(difference(page)).toContainText("1500.00");
  await expect(limit(watcher)).toHaveText("2,000.00");

  await apply(page, "a quiet week ahead");
  await expect(page.locator(".notice")).toContainText("Version 2 is saved.");
  await expect(limit(watcher)).toHaveText("1,500.00");
  await wentOn(bot, watcher);
  await expect(field(page, KEY)).toHaveValue("1500.00");
  await expect(version(page, 2)).toContainText(/newest.*administrator.*a quiet week ahead/);
  await expect(version(page, 1)).toBeVisible();
});

test("OPS-3 a strategy is switched off while the bot trades: the page says so, nothing more is entered, what is held stays; and on again", async ({ bot, browserOf }) => {
  const watcher = await trading(browserOf);
  await watcher.goHome("/strategies");
  const now = watcher.locator("#now-mid");
  await expect(now).toContainText("in its window");
  await mark(watcher);
  const page = await browserOf("administrator");
  const change = async (on, why, digits) => {
    await page.goHome("/settings/sections/strategies.mid");
    await page.locator("#strategies-mid-enabled").setChecked(on);
    await page.getByRole("button", { name: "Show the difference" }).click();
    await expect(page.getByRole("row", { name: "strategies.mid.enabled" })).toContainText("at once");
    await apply(page, why, digits);
    await expect(page.locator(".notice")).toContainText("is saved.");
  };
  await change(false, "its data look odd");
  await expect(now).toContainText("Off by the configuration");
  const line = (board) => board.strategies.find((s) => s.name === "mid");
  const off = await bot.until("off", (b) => !line(b).on);
  const held = off.positions.length;
  expect(held).toBeGreaterThan(0);
  const later = await bot.until("a quarter of an hour more", (b) => new Date(b.at) - new Date(off.at) >= 15 * 60_000, 60);
  expect(line(later).signals).toBe(line(off).signals);
  expect(later.positions.filter((p) => p.strategy === "mid" && !off.positions.some((o) => o.decision === p.decision))).toEqual([]);
  await wentOn(bot, watcher);

  await change(true, "they were right");
  await expect(now).not.toContainText("Off by the configuration");
  await bot.until("on", (b) => line(b).on);

  // A window waits for the next session, and it is said.
  await page.goHome("/settings/sections/strategies.mid");
  await field(page, "strategies.mid.window_end").fill("C-80");
  await page.getByRole("button", { name: "Show the difference" }).click();
  await expect(page.getByRole("row", { name: "strategies.mid.window_end" })).toContainText("from the next session on");
  await apply(page, "a longer window");
  await expect(page.locator(".notice")).toContainText("From the next session's open on: the parameters of mid.");
  await expect(now).toContainText("Changed parameters hold from the next session's open on");
  await wentOn(bot, watcher);
});

test("OPS-3 the time zone that pages show beside UTC changes without a restart", async ({ browserOf, people }) => {
  const page = await browserOf("administrator");
  await draft(page, { "display.time_zone": "Europe/Berlin" });
  await expect(page.getByRole("row", { name: "display.time_zone" })).toContainText("at once");
  await apply(page, "we sit there", code(people.administrator.secret));
  await expect(page.locator(".notice")).toContainText("Version 2 is saved.");
  await page.goHome();
  await expect(page.locator('[data-region="bar"]')).toContainText("Berlin");
});

test("OPS-3, WEB-3 loosening asks for a code; a version is rolled back; the audit names who and why", async ({ bot, browserOf, people }) => {
  const watcher = await trading(browserOf);
  const page = await browserOf("administrator");
  await draft(page, { [KEY]: "3000" });
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("This loosens: version 1 to 2");
  await apply(page, "room for an event day", "000000");
  await expect(page.getByRole("alert")).toContainText("This code is wrong");
  await expect(limit(watcher)).toHaveText("2,000.00");
  await apply(page, "room for an event day", code(people.administrator.secret));
  await expect(page.locator(".notice")).toContainText("Version 2 is saved.");
  await expect(limit(watcher)).toHaveText("3,000.00");

  // Back to what stood before is a new version; it tightens, so that nothing is asked but why.
  await version(page, 1).getByRole("link").click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Going back to version 1 changes 1 of the keys");
  await expect(difference(page)).toContainText(/3000\.00 USD.*2000\.00 USD.*tightens/);
  await expect(page.getByLabel("One-time code")).toHaveCount(0);
  await apply(page, "the event day is over");
  await expect(limit(watcher)).toHaveText("2,000.00");
  await expect(version(page, 3)).toContainText("the event day is over (as version 1)");
  await wentOn(bot, watcher);

  const auditor = await browserOf("auditor");
  await auditor.goHome("/audit?what=configuration_changed&verify=yes");
  await expect(auditor.locator("main")).toContainText("The chain is whole");
  const rows = auditor.locator("main tbody tr");
  await expect(rows).toHaveCount(2);
  await expect(rows.nth(0)).toContainText(/administrator.*configuration changed.*version 3.*the event day is over/);
  await expect(rows.nth(1)).toContainText(/administrator.*configuration changed.*version 2.*room for an event day/);
  await expect(rows.nth(1)).toContainText(/risk\.day_loss.*2000\.00.*3000\.00/);
});

test("WEB-7 a refused value says where and what is allowed, loses nothing typed, and changes nothing; leaving asks once", async ({ bot, browserOf }) => {
  const page = await browserOf("administrator");
  await draft(page, { [KEY]: "lots", "risk.positions": "7", "risk.trades_day": "1.5" });
  await expect(page.getByRole("alert")).toContainText("2 fields need correcting");
  const said = (key) => page.locator(`#${key.replaceAll(".", "-")}-e`);
  await expect(said(KEY)).toHaveText("lots is not allowed. Allowed: 1 to 100000000 USD.");
  await expect(said("risk.trades_day")).toHaveText("1.5 is not allowed. Allowed: whole number, 1 to 1000 trades.");
  expect(await Promise.all([KEY, "risk.positions", "risk.trades_day"].map((key) => field(page, key).inputValue()))).toEqual(["lots", "7", "1.5"]);
  await expect(field(page, "risk.trades_day")).toBeFocused();
  await page.getByRole("alert").getByRole("link", { name: KEY }).click();
  await expect(field(page, KEY)).toBeFocused();

  // Leaving asks; whoever stays keeps all.
  const asked = [];
  page.on("dialog", async (dialog) => {
    asked.push(dialog.type());
    await (asked.length === 1 ? dialog.dismiss() : dialog.accept());
  });
  const away = page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Audit" });
  await away.click();
  await expect.poll(() => asked).toEqual(["beforeunload"]);
  await expect(field(page, KEY)).toHaveValue("lots");
  await away.click();
  await expect(page).toHaveURL(/\/audit$/);
  expect(asked).toEqual(["beforeunload", "beforeunload"]);
  await page.goHome("/settings");
  await expect(field(page, KEY)).toHaveValue("2000.00");
  await expect(version(page, 2)).toHaveCount(0);

  // What was typed and taken back is nothing to lose.
  await field(page, KEY).fill("1");
  await field(page, KEY).fill("2000.00");
  await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Audit" }).click();
  await expect(page).toHaveURL(/\/audit$/);
  expect(asked.length).toBe(2);
  expect(bot.board().state).toBe("started");
});

test("OPS-3 whoever saves second sees what the first one changed, and nothing is merged in silence", async ({ browserOf }) => {
  const [first, second] = [await browserOf("administrator"), await browserOf("ada")];
  await draft(second, { [KEY]: "1200" });
  await draft(first, { [KEY]: "1500" });
  await apply(first, "the first");
  await expect(first.locator(".notice")).toContainText("Version 2 is saved.");
  await apply(second, "the second");
  await expect(second.getByRole("alert")).toContainText("Version 2 was saved meanwhile by administrator");
  await expect(difference(second)).toContainText(/1500\.00 USD.*1200\.00 USD/);
  await apply(second, "the second, after a look");
  await expect(second.locator(".notice")).toContainText("Version 3 is saved.");
});

test.describe("WEB-2a", () => {
  const change = { "shown.risk.day_loss": "yes", [KEY]: "3000", base: "1", why: "because" };

  test("who may not read settings is told who may; what is sent all the same changes nothing and is kept in the audit", async ({ bot, browserOf, people }) => {
    const page = await browserOf("viewer");
    expect((await page.goHome("/settings")).status()).toBe(403);
    await expect(page.locator("main")).toContainText("You are signed in as viewer.");
    const sent = await bot.ask("POST", "/settings/apply", { who: people.viewer, form: change });
    expect(sent.status).toBe(403);
    const auditor = await browserOf("auditor");
    await auditor.goHome("/settings");
    await expect(auditor.locator("main")).toContainText(KEY);
    await expect(auditor.locator("main form").locator("button, input:not([type=hidden]), select")).toHaveCount(0);
    await expect(version(auditor, 2)).toHaveCount(0);
    await auditor.goHome("/audit?who=viewer");
    await expect(auditor.locator("main tbody")).toContainText("refused");
  });

  test("an operator tightens, and may not loosen", async ({ bot, browserOf, people }) => {
    const page = await browserOf("operator");
    await draft(page, { [KEY]: "3000" }, "/settings/sections/risk");
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("This loosens: version 1 to 2");
    await expect(page.locator("main")).toContainText(/Not with your roles\s*risk\.day_loss: .*a risk officer or an administrator/);
    await expect(page.getByRole("button", { name: /^Apply/ })).toHaveCount(0);
    expect((await bot.ask("POST", "/settings/apply", { who: people.operator, form: change })).status).toBe(403);
    await draft(page, { [KEY]: "1500" }, "/settings/sections/risk");
    await apply(page, "careful today");
    await expect(page.locator(".notice")).toContainText("Version 2 is saved.");
    await page.goHome("/risk");
    await expect(limit(page)).toHaveText("1,500.00");
  });
});
