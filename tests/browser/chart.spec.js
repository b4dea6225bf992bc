// LEDG-2: the chart of accounts changed by administrators in real browsers: shown first, made with a one-time code, there after a restart.
import { code } from "./bot.js";
import { expect, test } from "./fixtures.js";

test.describe.configure({ timeout: 180_000 });

const PAGE = "/ledger/accounts";
const adding = (page) => page.locator("form", { has: page.getByRole("heading", { name: "Add an account" }) });
const changing = (page) => page.locator("form", { has: page.getByRole("heading", { name: "Rename, close or open an account" }) });
const shown = (page) => page.locator(".shown");
const row = (page, account) => page.locator('section[aria-labelledby="h-chart"]').getByRole("row").filter({ hasText: account });
const version = (page, number) => page.locator('section[aria-labelledby="versions"]').getByRole("row")
  .filter({ has: page.getByRole("cell", { name: String(number), exact: true }) });
const field = (form, name) => form.getByLabel(name, { exact: true });

/** The two steps of a change; each code of somebody counts once. */
async function show(form, fields, name) {
  for (const [label, value] of Object.entries(fields)) await field(form, label).fill(value);
  await form.getByRole("button", { name }).click();
}

async function make(page, who) {
  await page.getByLabel("One-time code").fill(code(who.secret, who.steps.shift()));
  await page.getByRole("button", { name: "Make this change" }).click();
}

test("LEDG-2 an account is shown before it is added, takes entries, and is there after a restart", async ({ bot, people, browserOf }) => {
  expect(bot.tell("start").status).toBe(0);
  const first = await browserOf("administrator");
  await first.goHome(PAGE);
  await expect(first.locator(".title")).toContainText("version 1 of the chart");
  // What is wrong is said beside its field, and nothing that was typed is lost.
  const typed = { Code: "56", Name: "Market data", Reason: "A vendor's bill" };
  await show(adding(first), typed, "Show the new account");
  await expect(adding(first).locator(".err")).toHaveText("Four digits are needed, like 5650.");
  await expect(field(adding(first), "Name")).toHaveValue("Market data");
  await expect(field(adding(first), "Reason")).toHaveValue("A vendor's bill");
  await expect(shown(first)).toHaveCount(0);

  await show(adding(first), { Code: "5650" }, "Show the new account");
  await expect(shown(first)).toContainText("This would be version 2");
  await expect(shown(first)).toContainText("5650 Market data added");
  await expect(shown(first)).toContainText("nothing is changed yet");
  await expect(shown(first).locator("dl")).toHaveText(/Type\s*expense\s*Normal side\s*debit\s*By\s*administrator/);
  await expect(row(first, "5650")).toHaveCount(0);
  await make(first, people.administrator);
  await expect(first).toHaveURL(/\/ledger\/accounts#versions$/);
  await expect(first.locator(".title")).toContainText("version 2 of the chart");
  await expect(row(first, "5650")).toContainText(/Market data.*added by a person.*expense.*debit.*open/);
  await expect(version(first, 2)).toContainText(/5650 Market data added.*A vendor's bill.*administrator/);
  await first.context().close();

  // As after a power cut.
  await bot.perish();
  await bot.run({ speed: 60 });
  const reviewer = await browserOf("reviewer");
  await reviewer.goHome(PAGE);
  await expect(reviewer.locator(".title")).toContainText("version 2 of the chart");
  await expect(row(reviewer, "5650")).toContainText("Market data");
  // Whoever does not administer reads it, and is refused what there is no button for.
  await expect(reviewer.locator("main form")).toHaveCount(0);
  await expect(reviewer.locator("main").getByRole("button")).toHaveCount(0);
  const refused = await bot.ask("POST", PAGE, { who: people.reviewer, form: { act: "close", account: "5650", reason: "x", step: "show" } });
  expect(refused.status, refused.text).toBe(403);

  await reviewer.goHome("/ledger/enter");
  await field(reviewer, "What it is").fill("Quotes of November");
  await field(reviewer, "Debit").selectOption("5650");
  await field(reviewer, "Credit").selectOption("4900");
  await field(reviewer, "Amount").fill("12.50");
  await field(reviewer, "Reference").fill("INV-7");
  await field(reviewer, "Reason").fill("The vendor's first bill");
  await reviewer.getByRole("button", { name: "Show the entry" }).click();
  await expect(shown(reviewer)).toContainText("Market data");
  await reviewer.getByRole("button", { name: "Book this entry" }).click();
  await expect(reviewer).toHaveURL(/\/ledger\/entries\/\d+$/);
  await expect(reviewer.locator("main")).toContainText("5650");
  await reviewer.goHome(PAGE);
  await expect(row(reviewer, "5650")).toContainText("12.50");
  await bot.perish();
  const verified = bot.tell("ledger", "verify");
  expect(verified.status, verified.said).toBe(0);
});

test("LEDG-2 of two administrators the second is told of the other's change, and what was typed stays", async ({ bot, people, browserOf }) => {
  people.second = await bot.add(people.administrator, "second", "administrator");
  await bot.setUpCodes(people.second);
  const [first, second] = [await browserOf("administrator"), await browserOf("second")];
  await first.goHome(PAGE);
  await second.goHome(PAGE);
  await field(changing(second), "Account").selectOption("5110");
  await field(changing(second), "What").selectOption("rename");
  await show(changing(second), { "New name": "Brokerage", Reason: "As the auditors call it" }, "Show the change");
  await expect(shown(second)).toContainText("This would be version 2");
  await show(adding(first), { Code: "5650", Name: "Market data", Reason: "A vendor's bill" }, "Show the new account");
  await make(first, people.administrator);
  await expect(first.locator(".title")).toContainText("version 2 of the chart");

  await make(second, people.second);
  await expect(second.getByRole("alert")).toContainText("Somebody else has changed the chart");
  await expect(shown(second)).toContainText("This would be version 3");
  await expect(row(second, "5650")).toContainText("Market data");
  await expect(row(second, "5110")).toContainText("Commissions");
  await expect(field(changing(second), "Account")).toHaveValue("5110");
  await expect(field(changing(second), "New name")).toHaveValue("Brokerage");
  await expect(field(changing(second), "Reason")).toHaveValue("As the auditors call it");
  await make(second, people.second);
  await expect(second.locator(".title")).toContainText("version 3 of the chart");
  await expect(row(second, "5110")).toContainText("Brokerage");
  await expect(version(second, 3)).toContainText(/5110 Commissions is called Brokerage.*As the auditors call it.*second/);
});
