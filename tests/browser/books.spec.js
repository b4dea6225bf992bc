// LEDG-8, LEDG-9: an accountant takes the books as files, and holds a broker's statement against them.
import { readFileSync } from "node:fs";
import { expect, test } from "./fixtures.js";

/** Downloads what a link gives: its name and its bytes. */
async function download(page, name) {
  const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name }).click()]);
  return { name: file.suggestedFilename(), text: readFileSync(await file.path(), "utf8") };
}

/** Opens the exports of all days. A download that begins while the page is still left for another is cancelled. */
async function openExports(page) {
  await page.goHome("/ledger/exports");
  await page.getByRole("link", { name: "Everything" }).click();
  await page.waitForURL(/from=/);
}

/** Sends a file as a broker's statement. */
async function statement(page, name, text) {
  await page.goHome("/ledger/reconciliation");
  await page.getByLabel("File", { exact: true }).setInputFiles({ name, mimeType: "application/octet-stream", buffer: Buffer.from(text) });
  await page.getByRole("button", { name: "Import", exact: true }).click();
}

test("LEDG-8 the books are taken as files under names that say what they are", async ({ browserOf }) => {
  const page = await browserOf("reviewer");
  await openExports(page);
  for (const [what, name, begins] of [
    ["OFX 2.2", /^TBOT_US_SIM_01_\S+_\S+\.ofx$/, "<?xml"],
    ["CSV", /^TBOT_US_SIM_01_\S+\.csv$/, "seq,entry_id,kind"],
    ["hledger", /^TBOT_US_SIM_01_\S+\.hledger$/, ""],
    ["Trial balance", /trial-balance\.csv$/, ""],
  ]) {
    const file = await download(page, `Download ${what}`);
    expect(file.name).toMatch(name);
    expect(file.text.startsWith(begins) && file.text.length > 100).toBe(true);
  }
  // WEB-2b: each of them stands in the audit.
  const auditor = await browserOf("auditor");
  await auditor.goHome("/audit?what=exported");
  await expect(auditor.locator("main tbody tr")).toHaveCount(4);
  await expect(auditor.locator("main tbody tr").first()).toContainText("reviewer");
  const operator = await browserOf("operator");
  await operator.goHome("/ledger");
  await expect(operator.getByRole("link", { name: "Exports" })).toHaveCount(0);
});

test("LEDG-9 a statement is imported, agrees or not to the cent, and what differs becomes a review item", async ({ browserOf }) => {
  const page = await browserOf("reviewer");
  await openExports(page);
  const ofx = (await download(page, "Download OFX 2.2")).text;
  await statement(page, "agrees.ofx", ofx);
  await expect(page.locator(".answer")).toContainText("The statement agrees with the books");
  await statement(page, "agrees.ofx", ofx);
  await expect(page.locator(".notice")).toContainText("imported before; nothing has changed");

  // A cent of cash more on the float.
  const planted = ofx.replace(/<TRNAMT>(\d+)\.00</, "<TRNAMT>$1.01<");
  expect(planted).not.toBe(ofx);
  await statement(page, "planted.ofx", planted);
  await expect(page.locator(".answer")).toContainText("cash differs by +0.01 USD");
  const row = page.locator("section", { has: page.getByRole("heading", { name: "Differing" }) }).locator("tbody tr");
  await expect(row).toHaveCount(1);
  await expect(row).toContainText("amount +0.01");
  await row.getByRole("button", { name: "Make a review item" }).click();
  await expect(row.getByRole("link", { name: /^review item \d+$/ })).toBeVisible();
  await row.getByRole("link", { name: /^entry \d+$/ }).click();
  await expect(page.getByRole("heading", { name: "Postings" })).toBeVisible();

  // A thousand of cash more at the end than the books hold.
  await statement(page, "richer.ofx", ofx.replace(/<AVAILCASH>(\d+)\./, (_, cash) => `<AVAILCASH>${Number(cash) + 1000}.`));
  await expect(page.locator(".answer")).toContainText("its movements of cash do, in sum. At its end 1 of what is held differs");
  const held = page.locator("section", { has: page.getByRole("heading", { name: "Held at the end" }) }).locator("tbody tr");
  const cash = held.filter({ hasText: "USD cash" });
  await expect(cash).toContainText("+1,000.00");
  await cash.getByRole("button", { name: "Make a review item" }).click();
  await expect(cash.getByRole("link", { name: /^review item \d+$/ })).toBeVisible();

  await statement(page, "bad.csv", "date,amount\n2026-06-01,x\n");
  await expect(page.locator("main")).toContainText("line 2, amount");
  await page.goHome("/ledger/reconciliation");
  await expect(page.locator("main tbody tr")).toHaveCount(3);
});
