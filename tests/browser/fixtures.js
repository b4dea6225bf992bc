// What every test stands on: a bot of its own, and browsers of people who are signed in.
import { test as base, expect } from "@playwright/test";
import { Bot, prepared } from "./bot.js";

export { expect };

/** What a page did wrong: errors of scripts, refusals of its own policy, requests to other hosts. */
export function listen(page, home, faults) {
  page.on("pageerror", (error) => faults.push(`${page.url()}: ${error}`));
  page.on("console", (message) => {
    // What a server answered with a refusal is told to the console too; tests that provoke one look at it themselves.
    const refusal = /^Failed to load resource: (the server responded with a status of 4|net::ERR_(CONNECTION|INCOMPLETE|EMPTY))/;
    if (["error", "warning"].includes(message.type()) && !refusal.test(message.text())) faults.push(`${page.url()}: ${message.text()}`);
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(home) && !/^(data|blob|about):/.test(request.url())) faults.push(`${page.url()} asks ${request.url()}`);
  });
}

export const test = base.extend({
  /** Where the bot begins: "busy" with positions open, "idle" without any, "nothing" in an empty home. */
  begins: ["busy", { option: true }],
  /** How many times real time. */
  speed: ["60", { option: true }],

  people: async ({}, use) => use(prepared().people),

  bot: async ({ begins, speed }, use) => {
    const bot = await Bot.start(begins === "nothing" ? { identity: null, speed } : { from: prepared()[begins], speed });
    await use(bot);
    await bot.end();
  },

  /** A browser of its own for somebody, or for nobody. Ends with: nothing went wrong in any page. */
  browserOf: async ({ browser, bot, people }, use) => {
    const faults = [], contexts = [];
    await use(async (role, options = {}) => {
      const context = await browser.newContext({ ignoreHTTPSErrors: true, ...options });
      contexts.push(context);
      context.on("page", (page) => listen(page, bot.url, faults));
      if (role) await context.addCookies([bot.cookieOf(people[role])]);
      const page = await context.newPage();
      page.goHome = (path = "/") => page.goto(bot.url + path, { waitUntil: "domcontentloaded" });
      return page;
    });
    for (const context of contexts) await context.close();
    expect(faults).toEqual([]);
  },

  /** A page of the operator, on the dashboard. */
  operator: async ({ browserOf }, use) => {
    const page = await browserOf("operator");
    await page.goHome();
    await use(page);
  },
});

/** The state that the page shows now. */
export const state = (page) => page.locator('[data-region="bar"] .state');

/** Marks a page, to know later that it was never loaded again. */
export const mark = (page) => page.evaluate(() => { window.marked = true; });
export const marked = (page) => page.evaluate(() => window.marked === true);
export const bar = (page) => page.locator('[data-region="verbs"]');
export const positions = (page) => page.locator('[data-region="positions"]');

/** Starts it as a person does. */
export async function start(page) {
  await bar(page).getByRole("button", { name: "Start…" }).click();
  await page.locator("#start").getByRole("button", { name: "Start", exact: true }).click();
  await expect(bar(page).getByRole("button", { name: "Stop…" })).toBeVisible();
  await page.keyboard.press("Escape");
}

/** What a command came to: said where it was given, or at the head of the page. */
export const told = (page) => page.locator(".said:not(:empty), #told:not(:empty)").filter({ visible: true });

/** The symbols of the open positions as the table shows them. */
export const symbols = (page) => positions(page).locator("tbody th a").allInnerTexts();

/** Types what the sign-in asks for. */
export async function signIn(page, name, password, oneTime = "") {
  await page.getByLabel("Name").fill(name);
  await page.getByLabel("Password").fill(password);
  if (oneTime) await page.getByLabel("One-time code").fill(oneTime);
  await page.getByRole("button", { name: "Sign in" }).click();
}
