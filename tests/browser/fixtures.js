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
  /** Where the bot begins: "busy" with positions open, "idle" without any. */
  begins: ["busy", { option: true }],
  /** How many times real time. */
  speed: ["60", { option: true }],

  people: async ({}, use) => use(prepared().people),

  bot: async ({ begins, speed }, use) => {
    const bot = await Bot.start({ from: prepared()[begins], speed });
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
