// Start, Stop and Kill with open positions, and what pages say meanwhile; live updates; the end of the bot under watching eyes.
import { code } from "./bot.js";
import { bar, expect, mark, marked, positions, start, state, symbols, test, told } from "./fixtures.js";

test("LIFE-3 a bot that came back with positions says so, and trades when a person starts it", async ({ bot, operator }) => {
  const held = bot.board().positions.map((p) => p.symbol);
  expect(held.length).toBeGreaterThan(3);
  expect((await symbols(operator)).sort()).toEqual(held.sort());
  await expect(state(operator)).toContainText("started");
  await mark(operator);
  await bar(operator).getByRole("button", { name: "Start…" }).click();
  await operator.locator("#start").getByRole("button", { name: "Start", exact: true }).click();
  await expect(told(operator)).toContainText("Started");
  await expect(state(operator)).toContainText(/monitoring|trading|analyzing/);
  expect(await marked(operator)).toBe(true);
});

test.describe("Stop", () => {
  // Slow enough that orders are filled well within the two minutes that a stop may take.
  test.use({ speed: "10" });

  test("WEB-1, LIFE-9 the panel names what is open; the page tells each step; positions close; the rest is said", async ({ bot, browserOf, operator }) => {
    const viewer = await browserOf("viewer");
    await viewer.goHome("/");
    await start(operator);
    await mark(operator);
    await mark(viewer);
    const seen = viewer.evaluate(() => new Promise((done) => {
      const states = [];
      const timer = setInterval(() => {
        const now = document.querySelector('[data-region="bar"] .state').dataset.state;
        if (states.at(-1) !== now) states.push(now);
        if (now === "stopped") { clearInterval(timer); done(states); }
      }, 20);
    }));
    await bar(operator).getByRole("button", { name: "Stop…" }).click();
    const panel = operator.locator("#stop");
    await expect(panel).toContainText(/Now: \d+ positions? \(/);
    await panel.getByRole("button", { name: "Stop", exact: true }).click();
    await expect(told(operator)).toContainText("Stopping");
    await operator.keyboard.press("Escape");
    await expect(state(operator)).toHaveAttribute("data-state", "stopped");
    const orderly = ["graceful_closing_positions", "stopped"];
    expect((await seen).slice(-2)).toEqual(orderly);
    await expect(positions(operator)).toContainText("none");
    await expect(positions(viewer)).toContainText("none");
    await expect(bar(operator).getByRole("button", { name: "Start…" })).toBeVisible();
    expect([await marked(operator), await marked(viewer)]).toEqual([true, true]);
    const board = bot.board();
    expect([board.state, board.positions, board.orders, board.latch]).toEqual(["stopped", [], [], null]);
    await operator.goHome("/kill");
    await expect(operator.locator("main")).toContainText("Stopped: flat");
  });

  test("LIFE-5 Pause holds entries back and leaves positions; Resume clears it", async ({ bot, operator }) => {
    await start(operator);
    await bar(operator).getByRole("button", { name: "Stop…" }).click();
    await operator.locator("#stop").getByRole("button", { name: "Pause" }).click();
    await operator.keyboard.press("Escape");
    await expect(operator.locator('[data-region="bar"]')).toContainText(/Freezes\s*1/);
    expect(bot.board().positions.length).toBeGreaterThan(0);
    expect(bot.tell("resume").status).toBe(0);
    await expect(operator.locator('[data-region="bar"]')).toContainText(/Freezes\s*none/);
  });

  test("RISK-14 Flatten closes every position now, and the bot goes on", async ({ operator }) => {
    await start(operator);
    const held = await symbols(operator);
    expect(held.length).toBeGreaterThan(0);
    await bar(operator).getByRole("button", { name: "Stop…" }).click();
    await operator.locator("#stop").getByRole("button", { name: "Flatten" }).click();
    await expect(told(operator)).not.toHaveText("Sent.");
    await operator.keyboard.press("Escape");
    await expect(async () => {
      const now = await symbols(operator);
      expect(held.filter((symbol) => now.includes(symbol))).toEqual([]);
    }).toPass();
    await expect(bar(operator).getByRole("button", { name: "Stop…" })).toBeVisible();
  });
});

test.describe("Kill", () => {
  for (const path of ["/", "/decisions", "/strategies", "/orders", "/trades", "/risk", "/kill", "/system/health", "/ledger", "/symbols/ALFA.SIM", "/account", "/nothing-here"]) {
    test(`WEB-2 two clicks on ${path}, no password, no page load`, async ({ bot, browserOf }) => {
      const page = await browserOf("risk_officer");
      await page.goHome(path);
      await mark(page);
      await bar(page).getByRole("button", { name: "Kill…" }).click();
      await page.getByRole("button", { name: "Kill now" }).click();
      await bot.until("latched", (b) => b.latch !== null, 5);
      await expect(page.getByText(/Kill in progress|Killed: flat and locked|The kill has ended/).filter({ visible: true }).first()).toBeVisible();
      expect(await marked(page)).toBe(true);
      expect(page.url()).toBe(bot.url + path);
      expect(bot.board().latch.who.name).toBe("risk-officer");
    });
  }

  test("RISK-14, RISK-15 every open page says so until the latch is reset with a code", async ({ bot, browserOf, operator, people }) => {
    await start(operator);
    const viewer = await browserOf("viewer");
    await viewer.goHome("/kill");
    await mark(viewer);
    await bar(operator).getByRole("button", { name: "Kill…" }).click();
    const panel = operator.locator("#kill");
    await expect(panel.getByRole("row", { name: "Positions to close" }).locator("td").first()).toHaveText(/^[1-9]\d*$/);
    // Whoever pressed the first button by mistake finds the focus on the way out.
    await expect(panel.getByRole("button", { name: "Keep trading" })).toBeFocused();
    await panel.getByLabel(/^Why/).fill("a test of the kill");
    await panel.getByRole("button", { name: "Kill now" }).click();
    await bot.until("killed", (b) => b.state === "stopped", 20);
    await expect(operator.getByText(/Killed: flat and locked|The kill has ended/).filter({ visible: true }).first()).toBeVisible();
    await expect(viewer.locator('[data-region="bar"]')).toContainText(/Latch\s*set/);
    await expect(viewer.locator("main")).toContainText("Killed: flat and locked");
    await expect(viewer.locator("main")).toContainText("a test of the kill");
    expect(await marked(viewer)).toBe(true);
    await operator.keyboard.press("Escape");
    await expect(positions(operator)).toContainText("none");
    const board = bot.board();
    expect([board.state, board.positions, board.orders]).toEqual(["stopped", [], []]);

    // A start is refused, in words.
    await bar(operator).getByRole("button", { name: "Start…" }).click();
    await operator.locator("#start").getByRole("button", { name: "Start", exact: true }).click();
    await expect(told(operator)).toContainText("latch");
    expect(bot.board().state).toBe("stopped");

    // Reset: an administrator, a reason, a code that counts once.
    const administrator = await browserOf("administrator");
    await administrator.goHome("/kill");
    const reset = administrator.locator("section", { has: administrator.getByRole("heading", { name: "Reset the latch" }) });
    const typed = async (digits) => {
      await reset.getByLabel("Why it is safe again").fill("it was a test");
      await reset.getByLabel("One-time code").fill(digits);
      await reset.getByRole("button", { name: "Reset the latch" }).click();
    };
    await typed("000000");
    await expect(told(administrator)).toContainText("This code is wrong");
    expect(bot.board().latch).not.toBe(null);
    await typed(code(people.administrator.secret));
    await bot.until("the latch clear", (b) => b.latch === null, 10);
    await expect(viewer.locator('[data-region="bar"]')).toContainText(/Latch\s*clear/);
    await operator.goHome("/");
    await start(operator);
  });

  test("WEB-2 by the keyboard alone", async ({ bot, operator }) => {
    await operator.keyboard.press("Alt+Shift+KeyK");
    await expect(operator.locator("#kill")).toBeVisible();
    await operator.keyboard.press("Tab");
    await operator.keyboard.press("Enter");
    await bot.until("latched", (b) => b.latch !== null, 5);
  });

  test("WEB-2 without scripts the same two buttons work", async ({ bot, browserOf }) => {
    const page = await browserOf("operator", { javaScriptEnabled: false });
    await page.goHome("/trades");
    await bar(page).getByRole("button", { name: "Kill…" }).click();
    await page.getByRole("button", { name: "Kill now" }).click();
    await bot.until("latched", (b) => b.latch !== null, 5);
    await expect(page.locator("body")).not.toBeEmpty();
  });

  test("LIFE-7 pressed twice it is one kill", async ({ bot, operator }) => {
    await bar(operator).getByRole("button", { name: "Kill…" }).click();
    await operator.getByRole("button", { name: "Kill now" }).dblclick();
    const first = (await bot.until("latched", (b) => b.latch !== null, 5)).latch;
    expect(bot.tell("kill").status).toBe(0);
    expect(bot.board().latch.at).toBe(first.at);
  });
});

test.describe("live", () => {
  test("WEB-1 figures move without a reload, in every window, over one stream", async ({ bot, operator }) => {
    await start(operator);
    await mark(operator);
    const second = await operator.context().newPage();
    let streams = 0;
    second.on("request", (request) => { if (request.url().endsWith("/events")) streams += 1; });
    await second.goto(`${bot.url}/orders`, { waitUntil: "domcontentloaded" });
    await mark(second);
    const clock = (page) => page.locator('[data-region="bar"] .clock').innerText();
    for (const page of [operator, second]) {
      const before = await clock(page);
      await expect(async () => expect(await clock(page)).not.toBe(before)).toPass();
      expect(await marked(page)).toBe(true);
    }
    expect(streams).toBe(0);
    // The window with the stream goes; the other takes over.
    await operator.close();
    const before = await clock(second);
    await expect(async () => expect(await clock(second)).not.toBe(before)).toPass();
    expect(streams).toBe(1);
  });

  test("WEB-1 nothing moves under the hand: a table under the pointer waits, and says so", async ({ operator }) => {
    await start(operator);
    await positions(operator).locator("tbody").hover();
    await expect(operator.getByText("Changed since; shown when the pointer leaves.").first()).toBeVisible();
    await operator.mouse.move(2, 2);
    await expect(operator.getByText("Changed since; shown when the pointer leaves.")).toHaveCount(0);
  });

  test("WEB-1 a page whose bot died says how old it is, and is true again when the bot is back", async ({ bot, operator }) => {
    await start(operator);
    const port = new URL(bot.url).port;
    await bot.perish();
    await expect(operator.locator("#feed")).toContainText(/offline \d+ s/);
    await expect(operator).toHaveTitle(/^old: /);
    await bar(operator).getByRole("button", { name: "Kill…" }).click();
    await operator.getByRole("button", { name: "Kill now" }).click();
    await expect(operator.locator("#kill > form .said")).toContainText("On the machine: tbot kill");
    await operator.keyboard.press("Escape");
    await bot.run({ speed: 60, port });
    await expect(state(operator)).toContainText("started");
    await expect(operator).not.toHaveTitle(/^old: /);
    await expect(operator.locator("#feed")).not.toContainText("offline");
  });

  test("LIFE-9 a shutdown is the last thing that a watching page says", async ({ bot, operator }) => {
    await start(operator);
    await mark(operator);
    const seen = operator.evaluate(() => new Promise((done) => {
      const states = [];
      setInterval(() => {
        const now = document.querySelector('[data-region="bar"] .state').dataset.state;
        if (states.at(-1) !== now) states.push(now);
        if (document.title.startsWith("old: ")) done(states);
      }, 20);
    }));
    expect(bot.tell("shutdown").status).toBe(0);
    expect(await bot.ended).toBe(0);
    // The deadline of a shutdown is market time too, and short at this speed.
    expect((await seen).at(-1)).toMatch(/^shutdown/);
    await expect(operator.locator("main")).toContainText(/shut/i);
    expect(await marked(operator)).toBe(true);
    await expect(bar(operator).getByRole("button", { name: "Stop…" })).toHaveCount(0);
  });
});
