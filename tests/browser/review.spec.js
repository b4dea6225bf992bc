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
  await expect.poll(() => booked(bot, people)).toBeGreaterThan(before);
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

const field = (page, name) => page.getByLabel(name, { exact: true });
const button = (page, name) => page.getByRole("button", { name, exact: true });

/** Types an adjustment of a cent into the form. */
async function typeAdjustment(page, reference) {
  await field(page, "What it is").fill("Rounding of the broker");
  await field(page, "Debit").selectOption("5990");
  await field(page, "Credit").selectOption("4900");
  await field(page, "Amount").fill("0.01");
  await field(page, "Reference").fill(reference);
  await field(page, "Reason").fill("The statement is a cent off");
}

test("LEDG-7, WEB-7 an entry is shown before it is booked, and whoever entered it does not approve it", async ({ bot, people, browserOf }) => {
  expect(bot.tell("start").status).toBe(0);
  people.second = await bot.add(people.administrator, "second", "reviewer");
  const [first, second] = [await browserOf("reviewer"), await browserOf("second")];
  await first.goHome("/ledger/enter");
  // What is wrong is said beside its field, all of it at once, and nothing typed is lost.
  await typeAdjustment(first, "");
  await field(first, "Amount").fill("a cent");
  await field(first, "Item of the debit").fill("R-9");
  await button(first, "Show the entry").click();
  await expect(first.getByRole("alert")).toContainText("3 fields need correcting");
  await expect(first.locator("#f-amount-e")).toContainText('"a cent" cannot be read');
  await expect(first.locator("#f-reference-e")).toContainText("This is needed");
  await expect(first.locator("#f-debit-item-e")).toContainText("Account 5990 has no items");
  await expect(field(first, "Reason")).toHaveValue("The statement is a cent off");
  await expect(field(first, "Debit")).toHaveValue("5990");

  const before = await booked(bot, people);
  await field(first, "Item of the debit").fill("");
  await field(first, "Amount").fill("0.01");
  await field(first, "Reference").fill("R-1");
  await button(first, "Show the entry").click();
  const shown = first.locator(".shown");
  await expect(shown).toContainText("This would be booked");
  await expect(shown.locator("tbody tr")).toHaveCount(2);
  await expect(shown.locator("tfoot")).toContainText("0.01");
  // What is changed after it was shown is shown again, and not booked.
  await field(first, "Amount").fill("0.02");
  await button(first, "Book this entry").click();
  await expect(first.locator('.err[data-code="changed"]')).toBeVisible();
  await expect(shown.locator("tfoot")).toContainText("0.02");
  await button(first, "Book this entry").click();
  await expect(first).toHaveURL(/\/ledger\/entries\/\d+$/);
  await expect(first.locator("dl.facts").first()).toContainText("reviewer");
  const path = new URL(first.url()).pathname;
  expect(Number(path.split("/").pop())).toBeGreaterThan(before);

  await expect(first.locator("#review")).toContainText("You entered it, so you cannot approve it.");
  await expect(first.locator("#review").getByRole("button", { name: "Approve" })).toHaveCount(0);
  await second.goHome("/ledger/review");
  await expect(second.locator("#review-queue")).toContainText("Rounding of the broker");
  await second.goHome(path);
  await press(second, "Approve");
  await expect(first.locator("#review-state")).toContainText("Approved by second");
  // The same reference is booked once.
  await first.goHome("/ledger/enter");
  await typeAdjustment(first, "R-1");
  await button(first, "Show the entry").click();
  await expect(first.locator("#f-reference-e")).toContainText("booked");
  // The other one undoes it.
  await second.goHome(path);
  await second.getByRole("link", { name: "Reverse this entry" }).click();
  await field(second, "Reason").fill("The statement was right after all");
  await button(second, "Show the entry").click();
  await button(second, "Book this entry").click();
  await expect(second.locator("main")).toContainText("Reversal of entry");
  await second.goHome(path);
  await expect(second.locator("main")).toContainText("Reversed by entry");
  // What a power cut leaves holds both, and the chain is whole.
  await bot.perish();
  const verified = bot.tell("ledger", "verify");
  expect(verified.status, verified.said).toBe(0);
});

test.describe("closed days", () => {

  test("LEDG-7 a closed day is opened again by two, never by one, takes an entry, and is locked again by a close", async ({ bot, people, browserOf }) => {
    people.second = await bot.add(people.administrator, "second", "reviewer");
    await bot.perish();
    await bot.run({ speed: 2000 });
    bot.tell("start");
    const [first, second] = [await browserOf("reviewer"), await browserOf("second")];
    await expect.poll(async () => (await bot.ask("GET", "/ledger/closes", { who: people.reviewer })).text).toContain("checks passed");
    // The next session takes its time: its close would lock the day again before anything is entered.
    const { port } = new URL(bot.url);
    await bot.perish();
    await bot.run({ speed: 60, port });
    await first.goHome("/ledger/closes");
    await first.getByRole("link", { name: "Open it again" }).first().click();
    const day = /days\/(\d{4}-\d\d-\d\d)/.exec(first.url())[1];
    await expect(first.locator("h1")).toContainText("closed, it takes no more entries");
    await button(first, `Ask to open ${day} again`).click();
    await expect(first.locator("#lock .err")).toContainText("A reason of 1 to 160 characters is needed");
    await field(first, "Why it should be opened again").fill("A fee stands on the wrong day");
    await button(first, `Ask to open ${day} again`).click();
    await expect(first.locator("#lock")).toContainText("You asked, so another reviewer confirms it.");
    // By hand, past the page: never the same.
    const own = await bot.ask("POST", `/api/v1/ledger/days/${day}/unlock`, { who: people.reviewer, json: { act: "confirm" }, headers: { "idempotency-key": "own-1" } });
    expect([own.status, JSON.parse(own.text).detail]).toEqual([403, expect.stringContaining("takes another reviewer")]);
    // A locked day refuses, says why, and who could.
    await first.goHome(`/ledger/enter?day=${day}`);
    await typeAdjustment(first, "U-1");
    await button(first, "Show the entry").click();
    await expect(first.locator("#f-day-e")).toContainText(`${day} is closed`);
    await expect(first.locator("#f-day-e")).toContainText("Two reviewers together can open it again");

    await second.goHome("/ledger/review");
    await expect(second.locator("#review-queue")).toContainText(`Open ${day} again: A fee stands on the wrong day`);
    await second.goHome(`/ledger/days/${day}`);
    await button(second, `Open ${day} again`).click();
    await expect(second.locator("#lock")).toContainText("opened again, with every later day, as reviewer asked and second confirmed");
    await button(first, "Show the entry").click();
    await button(first, "Book this entry").click();
    await expect(first.locator("dl.facts").first()).toContainText(day);
    await first.goHome(`/ledger/days/${day}`);
    await expect(first.locator("main")).toContainText("Entered by people");
    // The running session's close takes it along.
    await bot.perish();
    await bot.run({ speed: 2000, port });
    bot.tell("start");
    await expect.poll(async () => { await second.goHome(`/ledger/days/${day}`); return second.locator("h1").innerText(); }, { timeout: 90_000 }).toContain("closed");
    await bot.perish();
    const verified = bot.tell("ledger", "verify");
    expect(verified.status, verified.said).toBe(0);
  });

  test("LEDG-12 a day with an open question does not close by itself, and says so", async ({ bot, people, browserOf }) => {
    people.second = await bot.add(people.administrator, "second", "reviewer");
    const act = (who, given) => bot.ask("POST", "/api/v1/review/act", { who, json: { subject: "entry:2", ...given }, headers: { "idempotency-key": given.act } });
    const asked = await act(people.reviewer, { version: 0, act: "query", text: "Which statement is this from?" });
    expect(asked.status, asked.text).toBe(200);
    // The day goes on at another speed.
    await bot.perish();
    await bot.run({ speed: 2000 });
    const first = await browserOf("reviewer");
    bot.tell("start");
    const held = await bot.until("held", (b) => b?.open_days.length, 60);
    expect(held.open_days[0].why).toBe("a question is open: entry 2");
    const page = (await bot.ask("GET", "/ledger/entries/2", { who: people.reviewer })).text;
    const day = /XNYS:(\d{4}-\d\d-\d\d)/.exec(page)[1];
    await first.goHome(`/ledger/days/${day}`);
    await expect(first.locator("h1")).toContainText("open, entries are still booked");
    await first.goHome("/alerts");
    await expect(first.locator("main")).toContainText("are not closed: a question is open: entry 2");
    const answered = await act(people.second, { version: 1, act: "answer", about: 1, text: "November's." });
    expect(answered.status, answered.text).toBe(200);
    await bot.until("closed", (b) => b && !b.open_days.length, 60);
    await first.goHome(`/ledger/days/${day}`);
    await expect(first.locator("h1")).toContainText("closed, it takes no more entries");
  });
});
