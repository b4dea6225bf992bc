// WEB-2a, from the specification's table: what each role sees, what it is refused, and what it can do.
import { ROLES } from "./bot.js";
import { expect, state, test } from "./fixtures.js";

/** Who may do what; everybody may look. */
const MAY = {
  "Look at trading": ROLES,
  "Read the ledger": ["reviewer", "operator", "risk_officer", "auditor", "administrator"],
  "Read the logs": ["operator", "auditor", "administrator"],
  "Read users, audit, settings": ["auditor", "administrator"],
  "Stop, pause, cancel, flatten, kill, freeze, tighten": ["operator", "risk_officer", "administrator"],
  "Start, resume, reconcile, strategies, acknowledge": ["operator", "administrator"],
  "Unfreeze, leave defense, loosen a limit": ["risk_officer", "administrator"],
  "Ledger entries, approval, day close": ["reviewer"],
  Exports: ["reviewer", "auditor", "administrator"],
  "Users, settings, mode, reset of the kill": ["administrator"],
  Rehearsal: ["administrator"],
};
/** What an action asks a one-time code for. */
const WITH_CODE = ["Unfreeze, leave defense, loosen a limit", "Users, settings, mode, reset of the kill"];
const [LOOK, LEDGER, LOGS, SYSTEM, HALT, OPERATE, LOOSEN, ACCOUNT, , ADMINISTER, REHEARSE] = Object.keys(MAY);

/** Pages with what each needs. */
const PAGES = {
  "/": LOOK, "/decisions": LOOK, "/strategies": LOOK, "/orders": LOOK, "/trades": LOOK, "/risk": LOOK, "/kill": LOOK,
  "/system/health": LOOK, "/ledger": LEDGER, "/ledger/statements": LEDGER, "/ledger/lots": LEDGER,
  "/ledger/closes": LEDGER, "/ledger/review": LEDGER, "/rehearsal": REHEARSE, "/settings": SYSTEM, "/users": SYSTEM, "/audit": SYSTEM,
};

/** Every verb with what it needs; what ends the bot comes last. */
const VERBS = {
  pause: HALT, resume: OPERATE, freeze: HALT, unfreeze: LOOSEN, enter_defense: HALT, leave_defense: LOOSEN, cancel_all: HALT,
  suspend_strategy: HALT, reconcile: OPERATE, backup: OPERATE, acknowledge: OPERATE, drill: HALT, rehearse: REHEARSE,
  close_day: ACCOUNT, set_mode: ADMINISTER, apply_config: ADMINISTER, approve_proposal: LOOSEN, reject_proposal: HALT,
  start: OPERATE, flatten: HALT, stop: HALT, kill: HALT, reset_kill: ADMINISTER, shutdown: HALT,
};
const WITH = { name: "browser", strategy: "mid", mode: "paper", version: "1", proposal: "1" };

test("WEB-2a the table that administrators are shown is the specification's", async ({ browserOf }) => {
  const page = await browserOf("administrator");
  await page.goHome("/users");
  const table = page.locator("table", { has: page.getByRole("columnheader", { name: "Action" }) });
  const names = await table.locator("thead th").allInnerTexts();
  for (const [action, roles] of Object.entries(MAY)) {
    const cells = await table.getByRole("row", { name: action }).locator("td").allInnerTexts();
    for (const role of ROLES) {
      const expected = !roles.includes(role) ? "–" : WITH_CODE.includes(action) ? "with code" : "yes";
      expect(cells[names.indexOf(role.replace("_", "-")) - 1], `${action} for ${role}`).toBe(expected);
    }
  }
});

for (const role of ROLES) {
  const may = (action) => MAY[action].includes(role);

  test(`WEB-2a ${role} sees the pages and buttons that the table says, and is refused every other`, async ({ bot, browserOf }) => {
    const started = bot.tell("start");
    expect(started.status, started.said).toBe(0);
    const page = await browserOf(role);
    await page.goHome();
    const nav = page.getByRole("navigation", { name: "Pages" });
    const shown = await nav.locator("a").evaluateAll((links) => links.map((a) => a.getAttribute("href")).filter((p) => p !== "/account"));
    const known = shown.filter((path) => path in PAGES);
    expect(known.sort()).toEqual(Object.keys(PAGES).filter((path) => may(PAGES[path])).sort());
    for (const path of new Set([...shown, ...Object.keys(PAGES)])) {
      const answer = await page.goHome(path);
      const open = path in PAGES ? may(PAGES[path]) : true;
      expect(answer.status(), path).toBe(open ? 200 : 403);
      if (!open) {
        await expect(page.getByRole("heading", { level: 1 })).toContainText("Not with your roles");
        await expect(page.locator("main")).toContainText(`You are signed in as ${role.replace("_", " ")}.`);
      }
      // On every page, refused ones too (WEB-2).
      const bar = page.locator('[data-region="verbs"]');
      await expect(bar.getByRole("button", { name: "Kill…" })).toHaveCount(may(HALT) ? 1 : 0);
      await expect(bar.getByRole("button", { name: "Stop…" })).toHaveCount(may(HALT) ? 1 : 0);
      await expect(page.getByRole("button", { name: "Kill now", includeHidden: true })).toHaveCount(may(HALT) ? 1 : 0);
      if (!may(HALT)) await expect(bar).toContainText("Stop and Kill: an operator, a risk officer or an administrator");
    }
    await page.goHome("/users");
    await expect(page.getByRole("button", { name: "Add user" })).toHaveCount(may(ADMINISTER) ? 1 : 0);
  });

  test(`WEB-2a ${role} can do what the table says and nothing else`, async ({ bot, browserOf }) => {
    const page = await browserOf(role);
    await page.goHome();
    await expect(state(page)).toContainText("started");
    await expect(page.locator('[data-region="verbs"]').getByRole("button", { name: "Start…" })).toHaveCount(may(OPERATE) ? 1 : 0);
    for (const [verb, action] of Object.entries(VERBS)) {
      const told = await page.evaluate(async ([verb, given]) => {
        const form = document.querySelector('meta[name="tbot-form"]').content;
        const answer = await fetch(`/api/v1/commands/${verb}`, {
          method: "POST", body: JSON.stringify(given),
          headers: { "Content-Type": "application/json", "Idempotency-Key": `try-${verb}`, "X-TBot-Form": form },
        });
        return { status: answer.status, ...(await answer.json()) };
      }, [verb, WITH]);
      const said = told.status === 403 ? told.code : "through";
      const expected = !may(action) ? "forbidden" : WITH_CODE.includes(action) ? "step_up" : "through";
      expect(said, `${verb}: ${JSON.stringify(told)}`).toBe(expected);
      // What went through was done, or is not possible in this state; it never broke.
      if (said === "through") expect([200, 409, 422], `${verb}: ${JSON.stringify(told)}`).toContain(told.status);
    }
    if (may(HALT)) expect(await bot.ended).toBe(0);
    else expect(bot.board().latch).toBe(null);
  });
}
