// WEB-1: by keyboard alone: where the focus goes, that it is seen, and that a letter in a field is a letter.
import { bar, expect, mark, marked, start, test } from "./fixtures.js";

/** What has the focus: its words, and whether it is in sight and has an outline. */
const focused = (page) => page.evaluate(() => {
  const e = document.activeElement, box = e.getBoundingClientRect(), style = getComputedStyle(e);
  const panel = e.closest("[popover]");
  const top = panel ? 0 : document.querySelector("header.bar").getBoundingClientRect().bottom;
  const over = e.closest("header.bar, .skip") !== null;
  return {
    words: (e.innerText || e.getAttribute("aria-label") || e.name || e.tagName).trim().split("\n")[0],
    seen: box.width > 0 && box.bottom > (over ? 0 : top) && box.top < innerHeight,
    ring: style.outlineStyle !== "none" || style.boxShadow !== "none",
    in: panel ? panel.id : "",
  };
});

test("WEB-1 Tab goes through the whole dashboard: in sight, with a ring, and out at the end", async ({ operator: page }) => {
  await start(page);
  await page.goHome();
  const walked = [];
  for (let n = 0; n < 120; n++) {
    await page.keyboard.press("Tab");
    const at = await focused(page);
    if (at.words === "BODY" || (walked.length > 10 && at.words === walked[0].words)) break;
    walked.push(at);
  }
  expect(walked[0].words).toBe("Skip to the page");
  expect(walked.filter((at) => !at.seen || !at.ring)).toEqual([]);
  expect(walked.filter((at) => at.in)).toEqual([]);
  const words = walked.map((at) => at.words);
  for (const name of ["Stop…", "Kill…", "Decisions", "Sign out", "The curve as a table, by half hours"]) expect(words).toContain(name);
  expect(walked.length).toBeLessThan(120);
});

test("WEB-1 the skip link leads past the bar and the menu", async ({ operator: page }) => {
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await expect(page.locator("#main")).toBeFocused();
  await page.keyboard.press("Tab");
  expect(await page.evaluate(() => document.getElementById("main").contains(document.activeElement))).toBe(true);
});

test("WEB-2 the panel of a kill: focus on the way out, Escape closes it and gives the focus back, nothing is sent", async ({ bot, operator: page }) => {
  await mark(page);
  await bar(page).getByRole("button", { name: "Kill…" }).focus();
  await page.keyboard.press("Enter");
  await expect(page.locator("#kill").getByRole("button", { name: "Keep trading" })).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(page.locator("#kill")).toBeHidden();
  await expect(bar(page).getByRole("button", { name: "Kill…" })).toBeFocused();
  // Also where the bar was painted anew meanwhile.
  await page.keyboard.press("Enter");
  await expect(page.locator("#kill")).toBeVisible();
  await page.evaluate(() => { const verbs = document.querySelector('[data-region="verbs"]'); verbs.innerHTML = String(verbs.innerHTML); });
  await page.keyboard.press("Escape");
  await expect(bar(page).getByRole("button", { name: "Kill…" })).toBeFocused();
  // The way out is a button too.
  await page.keyboard.press("Enter");
  await expect(page.locator("#kill")).toBeVisible();
  await page.keyboard.press("Enter");
  await expect(page.locator("#kill")).toBeHidden();
  expect(await marked(page)).toBe(true);
  expect(bot.board().latch).toBe(null);
});

test("WEB-1 two letters lead to a page, and in a field they are letters", async ({ bot, operator: page }) => {
  await page.keyboard.press("g");
  await page.keyboard.press("o");
  await expect(page).toHaveURL(`${bot.url}/orders`);
  await page.getByRole("textbox", { name: /^Symbol/ }).first().pressSequentially("gd");
  await expect(page.getByRole("textbox", { name: /^Symbol/ }).first()).toHaveValue("gd");
  await expect(page).toHaveURL(`${bot.url}/orders`);
});

test("WEB-1 a slash searches, j and k walk the rows, a question mark lists the keys, and letters can be switched off", async ({ bot, operator: page }) => {
  await start(page);
  await bot.until("a decision", (b) => b.decisions.length > 1);
  await page.goto(`${bot.url}/decisions`);
  await page.keyboard.press("j");
  const first = await page.evaluate(() => document.activeElement.getAttribute("href"));
  await page.keyboard.press("j");
  const second = await page.evaluate(() => document.activeElement.getAttribute("href"));
  expect(first).not.toBe(null);
  expect(second).not.toBe(first);
  await page.keyboard.press("k");
  expect(await page.evaluate(() => document.activeElement.getAttribute("href"))).toBe(first);
  await page.keyboard.press("/");
  await expect(page.locator("main input[type=search]").first()).toBeFocused();
  await page.keyboard.press("Escape");
  await page.locator("#main").focus();
  await page.keyboard.press("?");
  await expect(page.locator("#keys")).toBeVisible();
  await page.locator("#letters").uncheck();
  await page.keyboard.press("Escape");
  await page.locator("#main").focus();
  await page.keyboard.press("g");
  await page.keyboard.press("o");
  await expect(page).toHaveURL(`${bot.url}/decisions`);
  await page.keyboard.press("?");
  await page.locator("#letters").check();
  await page.keyboard.press("Escape");
  await page.locator("#main").focus();
  await page.keyboard.press("g");
  await page.keyboard.press("o");
  await expect(page).toHaveURL(`${bot.url}/orders`);
});
