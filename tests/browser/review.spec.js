// Two reviewers in two browsers, beside a bot that trades: each sees what the other does, a conflict is said, nothing is lost.
import { expect, mark, marked, test } from "./fixtures.js";

const ENTRY = "/ledger/entries/2";

/** A second reviewer beside the one that every bot has, both on a page. */
async function two(bot, people, browserOf, path) {
  people.second = await bot.add(people.administrator, "second", "reviewer");
  const [first, second] = [await browserOf("reviewer"), await browserOf("second")];
  await first.goHome(path);
  await second.goHome(path);
  return { first, second };
}

const thread = (page) => page.locator("#review-thread");
const remark = (page) => page.getByLabel("Remark or question");
const press = (page, name) => page.locator("#review").getByRole("button", { name, exact: true }).click();

/** How many entries the journal says it has. */
async function booked(bot, people) {
  const page = await bot.ask("GET", "/ledger", { who: people.reviewer });
  return Number(/([\d,]+) entries/.exec(page.text)[1].replaceAll(",", ""));
}

test("LEDG-7 two reviewers see each other's acts at once, and the bot goes on booking", async ({ bot, people, browserOf }) => {
  expect(bot.tell("start").status).toBe(0);
  const before = await booked(bot, people);
  const { first, second } = await two(bot, people, browserOf, ENTRY);
  await mark(first);
  await expect(first.locator("#review-state")).toContainText("second reads this too");
  await expect(second.locator("#review-state")).toContainText("reviewer reads this too");
  await expect(first.locator('.nav [data-count="review"]')).toHaveText(/^\d+$/);

  await remark(second).fill("Why was this booked twice?");
  await press(second, "Query");
  await expect(second.locator("#review-state")).toContainText(/Review: (queried|locked, queried)/);
  await expect(thread(first)).toContainText("Why was this booked twice?");
  await expect(first.locator("#review-changed")).toHaveText(/^Changed by second, \d\d:\d\d\.$/);
  await expect(first.locator("#review-state")).toContainText("queried");
  expect(await marked(first)).toBe(true);
  // Whoever asked does not answer; an approval waits for the answer.
  await expect(second.locator("#review")).toContainText("another reviewer answers");
  await press(first, "Approve");
  await expect(first.locator('.err[data-code="open_queries"]')).toBeVisible();
  await first.getByLabel("Answer to second").fill("It was not: the other one is its reversal.");
  await press(first, "Answer");
  await expect(thread(second)).toContainText("the other one is its reversal");
  await press(first, "Approve");
  await expect(second.locator("#review-state")).toContainText("Approved by reviewer");

  await second.goHome("/ledger/review?show=approved");
  await expect(second.locator("#review-queue")).toContainText("Entry 2:");
  await expect.poll(() => booked(bot, people), { timeout: 30_000 }).toBeGreaterThan(before);
});

test("LEDG-7 what is typed stays while the other acts, the conflict is said, and nothing is overwritten", async ({ bot, people, browserOf }) => {
  expect(bot.tell("start").status).toBe(0);
  const { first, second } = await two(bot, people, browserOf, ENTRY);
  await remark(first).fill("A remark that took a while");
  await remark(second).fill("A quick one");
  await press(second, "Comment");
  // The thread is new, the form is as it was.
  await expect(thread(first)).toContainText("A quick one");
  await expect(remark(first)).toHaveValue("A remark that took a while");
  await press(first, "Comment");
  await expect(first.locator('.err[data-code="changed"]')).toContainText(/second commented at \d\d:\d\d UTC/);
  await expect(remark(first)).toHaveValue("A remark that took a while");
  await expect(thread(first)).not.toContainText("A remark that took a while");
  await press(first, "Comment");
  await expect(thread(first)).toContainText("A remark that took a while");
  await expect(thread(second)).toContainText("A remark that took a while");
  await expect(thread(first).locator("li")).toHaveCount(2);
  // A letter brings the focus to its button, and does nothing else; inside of a field it is a letter.
  for (const [letter, name] of [["a", "Approve"], ["q", "Query"], ["c", "Comment"]]) {
    await second.keyboard.press(letter);
    await expect(second.locator("#review").getByRole("button", { name, exact: true })).toBeFocused();
  }
  await remark(second).press("a");
  await expect(remark(second)).toHaveValue("a");
  await expect(thread(second).locator("li")).toHaveCount(2);
});

test("LEDG-7 acts sent at the same moment: one is done, the other is told of it", async ({ bot, people, browserOf }) => {
  expect(bot.tell("start").status).toBe(0);
  const { first, second } = await two(bot, people, browserOf, ENTRY);
  const send = (page, version, text) => page.evaluate(async ([version, text]) => {
    const answer = await fetch("/api/v1/review/act", {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-TBot-Form": document.querySelector('meta[name="tbot-form"]').content, "Idempotency-Key": crypto.randomUUID() },
      body: JSON.stringify({ subject: "entry:2", version, act: "comment", text }),
    });
    return [answer.status, await answer.text()];
  }, [version, text]);
  for (let round = 0; round < 10; round++) {
    const answers = await Promise.all([send(first, round, `first ${round}`), send(second, round, `second ${round}`)]);
    const [done, refused] = answers.sort((a, b) => a[0] - b[0]);
    expect([done[0], refused[0]], JSON.stringify(answers)).toEqual([200, 409]);
    expect(JSON.parse(refused[1]).detail).toMatch(/(reviewer|second) commented at \d\d:\d\d UTC/);
  }
  const acts = JSON.parse((await bot.ask("GET", "/api/v1/review/acts?subject=entry:2", { who: people.reviewer })).text).rows;
  expect(acts.map((a) => a.n)).toEqual([10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
  expect(new Set(acts.map((a) => a.text.split(" ")[1])).size).toBe(10);
});
