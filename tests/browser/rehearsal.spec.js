// RES-1 to RES-3: a dry session begun in the browser, streamed to its page, with a checklist at its end.
import { code } from "./bot.js";
import { bar, expect, mark, marked, start, state, test, told } from "./fixtures.js";

const STRATEGIES = ["open", "mid", "close"];
const POINTS = [
  ...STRATEGIES.flatMap((name) => [`Self-check of ${name}`, `Window of ${name}`, `Decisions of ${name}`]),
  "In time", "Every order ended", "Flat at the end", "Books balance", "No real order sent", "Alerts held back", "Live bot untouched",
];

const region = (page) => page.locator('[data-region="rehearsal"]');
const checklist = (page) => region(page).locator("section", { has: page.getByRole("heading", { name: "Checklist" }) });
const log = (page) => region(page).locator(".log tbody tr");
const tag = (page) => page.locator('[data-region="bar"] [data-rehearsing]');
const startButton = (page) => page.getByRole("button", { name: "Start rehearsal" });
/** What the live bot holds and did. */
const live = ({ state, positions, orders, trades, decisions, freezes, latch }) => ({ state, positions, orders, trades, decisions, freezes, latch });

/** A window takes seconds instead of a third of a minute. */
async function short(bot, who, seconds) {
  const key = "rehearsal.window_seconds";
  const form = { base: "1", [`shown.${key}`]: "yes", [key]: String(seconds), why: "a short rehearsal", code: code(who.secret) };
  const saved = await bot.ask("POST", "/settings/apply", { who, form });
  expect(saved.text).toContain("Version 2 is saved");
  await bot.perish();
  await bot.run({ speed: 60 });
}

async function rehearse(page, why) {
  await page.goHome("/rehearsal");
  await page.getByLabel("Why", { exact: true }).fill(why);
  await startButton(page).click();
  await expect(region(page)).toContainText("A rehearsal is running.");
}

test.describe("nothing is open", () => {
  test.use({ begins: "idle" });

  test("RES-1, RES-2, RES-2a begun in the browser, streamed to its page, to a checklist that passed; the live bot is as it was", async ({ bot, browserOf, people }) => {
    await short(bot, people.administrator, 4);
    const before = live(bot.board());
    const viewer = await browserOf("viewer");
    await viewer.goHome();
    await mark(viewer);
    const page = await browserOf("administrator");
    await page.goHome("/rehearsal");
    await expect(region(page)).toContainText("A rehearsal may start: nothing is held, nothing works, no window is open.");
    await rehearse(page, "before the week");
    await mark(page);

    // It is told as it goes, here and on every other page; trading waits for it.
    await expect(region(page).getByRole("img", { name: /per cent of the expected time/ })).toBeVisible();
    await expect(tag(viewer)).toHaveText(/rehearsal, [123] of 3/);
    await expect(startButton(page)).toBeHidden();
    await expect(bar(page).getByRole("button", { name: "Start…" })).toHaveCount(0);
    const early = await log(page).first().innerText();
    await expect(log(page).first()).not.toHaveText(early);
    await expect(tag(page)).toHaveText("rehearsal, 3 of 3");

    // Its end: every window done, every point passed with its evidence.
    await expect(region(page).locator(".answer")).toHaveText("The rehearsal passed: 16 points.");
    await expect(tag(viewer)).toHaveCount(0);
    for (const name of STRATEGIES) await expect(region(page).getByRole("row", { name: new RegExp(`^${name}\\b.* done `) }).first()).toBeVisible();
    await expect(checklist(page)).toContainText("16 of 16 passed");
    expect(await checklist(page).locator("tbody th").allInnerTexts()).toEqual(POINTS);
    for (const evidence of await checklist(page).locator("tbody td:last-child").allInnerTexts()) expect(evidence.length).toBeGreaterThan(3);
    await expect(region(page)).toContainText("by administrator: before the week.");
    expect([await marked(page), await marked(viewer)]).toEqual([true, true]);
    expect(live(bot.board())).toEqual(before);

    const auditor = await browserOf("auditor");
    // The page is not live, and what is shown as ended is written down a moment later.
    await expect.poll(async () => {
      await auditor.goHome("/audit?what=rehearsal_ended");
      return auditor.locator("main tbody tr").count();
    }).toBe(1);
    await expect(auditor.locator("main tbody tr")).toContainText(/administrator.*rehearsal ended.*The rehearsal passed: 16 points/);
    // And the bot trades as if nothing had been.
    await page.goHome();
    await start(page);
  });

  test("RES-1 Stop ends it at once, and the checklist says what it did not reach", async ({ bot, browserOf }) => {
    const page = await browserOf("administrator");
    await rehearse(page, "to be cut short");
    await bar(page).getByRole("button", { name: "Stop…" }).click();
    await page.locator("#stop").getByRole("button", { name: "Stop", exact: true }).click();
    await page.keyboard.press("Escape");
    await expect(region(page).locator(".answer.bad")).toContainText(/^The rehearsal failed \d+ of 16 points: .*window of close/);
    await expect(checklist(page).getByRole("row", { name: /^Window of / }).filter({ hasText: "ended by Stop" }).first()).toBeVisible();
    await expect(region(page)).toContainText("cut short");
    expect(bot.board().rehearsing).toBe(false);
    await expect(state(page)).toHaveAttribute("data-state", "stopped");
  });

  test("RES-2 a process that dies forgets its rehearsal; nothing resumes it", async ({ bot, browserOf }) => {
    const page = await browserOf("administrator");
    await rehearse(page, "to be forgotten");
    const { port } = new URL(bot.url);
    await bot.perish();
    await bot.run({ speed: 60, port });
    await page.goHome("/rehearsal");
    await expect(region(page)).toContainText("No rehearsal since this process began.");
    expect(bot.board().rehearsing).toBe(false);
  });

  test("WEB-2a nobody but an administrator starts one, and what is sent all the same is refused and kept in the audit", async ({ bot, browserOf }) => {
    for (const role of ["operator", "risk_officer", "auditor"]) {
      const page = await browserOf(role);
      expect((await page.goHome("/rehearsal")).status(), role).toBe(403);
      await expect(page.locator("main")).toContainText(`You are signed in as ${role.replace("_", " ")}.`);
      await expect(startButton(page)).toHaveCount(0);
      const status = await page.evaluate(async () => {
        const secret = document.querySelector('meta[name="tbot-form"]').content;
        const headers = { "Content-Type": "application/json", "Idempotency-Key": "try", "X-TBot-Form": secret };
        return (await fetch("/api/v1/commands/rehearse", { method: "POST", body: "{}", headers })).status;
      });
      expect(status, role).toBe(403);
    }
    expect(bot.board().rehearsing).toBe(false);
    const auditor = await browserOf("auditor");
    await auditor.goHome("/audit?who=operator&what=refused");
    await expect(auditor.locator("main tbody")).toContainText("rehears");
  });
});

test("RES-1 with positions open none starts: the page says why, and pressing says it again", async ({ bot, browserOf }) => {
  const held = bot.board().positions.length;
  expect(held).toBeGreaterThan(3);
  const page = await browserOf("administrator");
  await page.goHome("/rehearsal");
  await expect(region(page)).toContainText(`A rehearsal cannot start now. ${held} positions open.`);
  await startButton(page).click();
  await expect(told(page)).toContainText(/position/);
  expect(bot.board().rehearsing).toBe(false);
});
