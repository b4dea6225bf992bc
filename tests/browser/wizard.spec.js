// OPS-3, WEB-1, WEB-7: from an empty home to a bot that trades, as whoever starts it for the first time sees it.
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { code, PASSWORD } from "./bot.js";
import { expect, signIn, start, state, symbols, test } from "./fixtures.js";

test.use({ begins: "nothing", speed: "600" });

/** Each step with what it is answered, and one answer that it refuses with the sentence that it then says. */
const STEPS = [
  { name: "Identity", refused: { "Identity": "me" }, says: /"me" is no identity\. Allowed: four parts of A-Z and 0-9/,
    answer: { "Identity": "RIGD_US_SIM_07" }, told: "RIGD_US_SIM_07" },
  { name: "Account", unchosen: "Simulated venue", says: /Choose the venue\. This version trades on the simulated one/,
    answer: {}, told: "simulated venue" },
  { name: "Float", refused: { "Float": "lots" }, says: /lots is not allowed\. Allowed: 1 to 1000000000 USD/,
    answer: { "Float": "50,000" }, told: "50000.00 USD" },
  { name: "Limits", refused: { "Daily loss": "60,000", "Positions": "7" }, says: /60000\.00 is more than the float of 50000\.00\. Allowed: 1\.00 to 50000\.00 USD/,
    answer: { "Daily loss": "900", "Positions": "7" }, told: "900.00 USD a day" },
  { name: "Schedule", refused: { "mid until": "O+0", "open until": "O+40" }, says: /window from O\+\d+ to O\+0 is empty/i,
    answer: { "mid until": "C-60", "open until": "O+40" }, told: "open, mid, close" },
  { name: "Time zone", refused: { "Time zone": "Mars/Olympus" }, says: /Mars\/Olympus is not allowed\. Allowed: a time zone/,
    answer: { "Time zone": "Europe/Berlin" }, told: "Europe/Berlin" },
];

const step = (page) => page.locator('[aria-current="step"]');
const trail = (page) => page.getByRole("navigation", { name: "Steps" });
const forth = (page) => page.locator("form .actions button");

async function type(page, fields) {
  for (const [label, value] of Object.entries(fields)) await page.getByLabel(label, { exact: true }).fill(value);
}

/** What is made in the end: none of it may be there before. */
const made = (bot) => ["people.db", "boot.toml", "keys/tbot.key", "config"].filter((path) => {
  const full = join(bot.data, path);
  return existsSync(full) && (path !== "config" || readdirSync(full).length > 0);
});

/** Gives a step an answer that it refuses, and looks that nothing typed is lost and nothing is taken. */
async function refuse(page, { name, refused = {}, unchosen, says }) {
  await type(page, refused);
  // What a browser would not let anybody send.
  if (unchosen) await page.getByLabel(unchosen).evaluate((choice) => { choice.checked = false; choice.form.noValidate = true; });
  const before = await page.locator("form").evaluate((form) => Object.fromEntries(new FormData(form)));
  await forth(page).click();
  await expect(page.locator("form .err").filter({ hasText: says })).toHaveCount(1);
  await expect(step(page)).toContainText(name);
  await expect(page.getByText("What you typed is kept; nothing is saved yet.")).toBeVisible();
  expect(await page.locator("form").evaluate((form) => Object.fromEntries(new FormData(form)))).toEqual(before);
  if (!unchosen) await expect(page.locator('input[aria-invalid="true"]').first()).toBeFocused();
  // The browser's own way back and forth meets pages alone, never a form that was sent.
  await page.goBack();
  await expect(page.locator("form.wizform, h1").first()).toBeVisible();
  await page.goForward();
  await expect(step(page)).toContainText(name);
  expect(await page.locator("form").evaluate((form) => Object.fromEntries(new FormData(form)))).toEqual(before);
}

/** Every step but the last: refused once, then answered. */
async function answerAll(page) {
  for (const asked of STEPS) {
    await expect(step(page)).toContainText(asked.name);
    await refuse(page, asked);
    await type(page, asked.answer);
    if (asked.unchosen) await page.getByLabel(asked.unchosen).check();
    await forth(page).click();
    await expect(trail(page)).toContainText(asked.told);
  }
  await expect(step(page)).toContainText("Administrator");
}

/** A float that is lowered afterwards asks the limits again; they hold again once it is back. */
async function lowerFloat(page) {
  const float = async (value) => {
    await trail(page).getByRole("link", { name: "Float" }).click();
    await type(page, { "Float": value });
    await forth(page).click();
    await expect(step(page)).toContainText("Limits");
  };
  await float("800");
  await expect(page.locator("form .err").filter({ hasText: "900.00 is more than the float of 800.00. Allowed: 1.00 to 800.00 USD." })).toHaveCount(1);
  await page.goHome("/setup/administrator");
  await expect(page.getByText("Not answered yet: Limits.")).toBeVisible();
  await float("50,000");
  await expect(page.locator("form .err")).toHaveCount(0);
  for (const next of ["Schedule", "Time zone", "Administrator"]) {
    await forth(page).click();
    await expect(step(page)).toContainText(next);
  }
}

/** The last step: refused twice, each time with the name kept and no password sent back. */
async function firstAdministrator(page) {
  const typed = async (name, password, again) => {
    await type(page, { "Name": name, "Password": password, "The same again": again });
    await forth(page).click();
  };
  await typed("Ann Smith", PASSWORD, PASSWORD);
  await expect(page.locator("#name-help")).toContainText("a-z");
  await typed("ann", "short", "short");
  await expect(page.locator("#password-help")).toContainText("5 characters; at least 15 are needed");
  await expect(page.getByLabel("Password", { exact: true })).toBeFocused();
  await expect(page.getByLabel("Name")).toHaveValue("ann");
  await expect(page.getByLabel("Password", { exact: true })).toHaveValue("");
  await typed("ann", PASSWORD, PASSWORD);
}

/** One-time codes, as an authenticator would be taught them. */
async function setUpCodes(page) {
  await page.getByRole("button", { name: "Set up one-time codes" }).click();
  const secret = (await page.locator("code.secret").innerText()).replace(/\s/g, "");
  await page.getByLabel("Code that it shows now").fill("000000");
  await page.getByRole("button", { name: "Use these codes" }).click();
  await expect(page.getByRole("alert")).toBeVisible();
  // The step before this one's code, so that this one is left for signing in: each counts once.
  await page.getByLabel("Code that it shows now").fill(code(secret, -1));
  await page.getByRole("button", { name: "Use these codes" }).click();
  await expect(page.locator(".codes li")).toHaveCount(10);
  return secret;
}

test("OPS-3, WEB-7 from an empty home through every step of the wizard to a bot that trades", async ({ bot, browserOf }) => {
  test.setTimeout(120_000);
  const page = await browserOf();
  await page.goHome(bot.path);
  await answerAll(page);
  await lowerFloat(page);
  expect(made(bot)).toEqual([]);
  await firstAdministrator(page);
  await expect(page.getByRole("heading", { level: 1 })).toContainText("One thing more: one-time codes");
  const secret = await setUpCodes(page);

  // Out, and in again with password and code.
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page).toHaveURL(/\/sign-in/);
  await signIn(page, "ann", PASSWORD, code(secret));
  await expect(state(page)).toContainText("started");
  await expect(page.locator('[data-region="bar"]')).toContainText("RIGD_US_SIM_07");
  expect(bot.board().positions).toEqual([]);

  // It trades, and the page shows what it holds without being asked again.
  await start(page);
  const board = await bot.until("a position", (b) => b.positions.length > 0, 60);
  await expect(async () => expect(await symbols(page)).toContain(board.positions[0].symbol)).toPass();
  await expect(state(page)).toContainText(/monitoring|trading|analyzing/);
  await page.goHome("/risk");
  await expect(page.getByRole("row", { name: "Daily loss" }).first()).toContainText("900.00");
});

test("OPS-3 whoever has not come by the link sees nothing but where to find it; the link leads back to where one was", async ({ bot, browserOf }) => {
  const stranger = await browserOf();
  for (const path of ["/", "/setup/identity", "/setup/administrator", "/sign-in", `/open/${"A".repeat(43)}`]) {
    const answer = await stranger.goHome(path);
    expect(answer.status(), path).toBe(403);
    await expect(stranger.getByRole("heading", { level: 1 })).toHaveText("Open the link that the terminal shows");
  }
  const first = await browserOf();
  await first.goHome(bot.path);
  await type(first, { "Identity": "RIGD_US_SIM_07" });
  await forth(first).click();
  await expect(step(first)).toContainText("Account");
  await first.context().close();

  const second = await browserOf();
  await second.goHome(bot.path);
  await expect(step(second)).toContainText("Account");
  await expect(trail(second)).toContainText("RIGD_US_SIM_07");
  // The last step cannot be taken before the others.
  await second.goHome("/setup/administrator");
  await type(second, { "Name": "ann", "Password": PASSWORD, "The same again": PASSWORD });
  await forth(second).click();
  await expect(second.getByRole("alert")).toContainText("Not answered yet: Account, Float, Limits, Schedule, Time zone.");
  await expect(second.getByLabel("Name")).toHaveValue("ann");
  expect(made(bot)).toEqual([]);
});
