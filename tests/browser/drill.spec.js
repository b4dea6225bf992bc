// LEDG-6, WEB-1: from the trial balance to the decision and back, by links alone; and a commission found by a word.
import { expect, test } from "./fixtures.js";

/** Follows a link of the main part, and says where it led. */
async function follow(page, link) {
  const to = await link.getAttribute("href");
  await link.click();
  await expect(page).toHaveURL((url) => url.pathname + url.search === to);
  return to;
}

const main = (page, css) => page.locator(`main ${css}`).first();

test("LEDG-6 an accountant walks from the trial balance to a decision and back to the entry", async ({ bot, browserOf }) => {
  await bot.until("a closed trade", (b) => b.trades.length > 0);
  const page = await browserOf("reviewer");
  await page.goHome("/ledger");
  await expect(main(page, ".answer")).toContainText("The books balance");
  await follow(page, main(page, 'a[href^="/ledger/accounts/5110"]'));
  const entry = await follow(page, main(page, 'tbody a[href^="/ledger/entries/"]'));
  await expect(page.getByRole("heading", { name: "Postings" })).toBeVisible();
  const order = await follow(page, main(page, 'a[href^="/orders/"]'));
  await expect(page.getByRole("heading", { name: "Its life" })).toBeVisible();
  await expect(page.locator("main")).toContainText("taken by the venue");
  await follow(page, main(page, 'a[href^="/decisions/"]'));
  await expect(page.getByRole("heading", { name: "Gates" })).toBeVisible();
  await expect(main(page, `a[href="${order}"]`)).toBeVisible();
  await follow(page, main(page, `a[href="${entry}"]`));
  await expect(page.getByRole("heading", { name: "Postings" })).toBeVisible();

  // A word and a day are enough to find a commission.
  await page.goHome("/ledger");
  await page.getByLabel("Text").fill("COMMISSION");
  await page.getByRole("button", { name: "Show", exact: true }).click();
  await expect(page.locator("main .meta-line")).toContainText(/^[\d,]+ entr(y|ies) with “COMMISSION”/);
  await expect(main(page, 'tbody a[href^="/ledger/entries/"]')).toBeVisible();
  await page.getByLabel("Text").fill("no such words");
  await page.getByRole("button", { name: "Show", exact: true }).click();
  await expect(page.locator("main .blank")).toContainText("it is looked for in description");
});

test("WEB-1 the lists lead to one of them, live and of a session that was chosen", async ({ bot, browserOf }) => {
  await bot.until("a closed trade", (b) => b.trades.length > 0);
  const page = await browserOf("viewer");
  for (const [list, one] of [["/orders", "/orders/"], ["/trades", "/decisions/"], ["/decisions", "/decisions/"]]) {
    await page.goHome(list);
    const offered = page.locator("select[name=session] option");
    await page.locator("select[name=session]").selectOption({ index: (await offered.count()) - 1 });
    await page.getByRole("button", { name: "Show", exact: true }).click();
    await expect(page).toHaveURL(/session=\d{4}-\d\d-\d\d/);
    await follow(page, main(page, `tbody a[href^="${one}"]`));
    await expect(page.locator("main")).toContainText("Id ");
    // WEB-2a: a viewer is not led into the ledger.
    await expect(page.locator('a[href^="/ledger"]')).toHaveCount(0);
  }
});
