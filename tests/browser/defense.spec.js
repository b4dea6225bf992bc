// RISK-11: defense mode in the browser: entered by whoever may halt, shown to everybody, left with a code and a reason alone.
import { join } from "node:path";
import { code } from "./bot.js";
import { expect, test, told } from "./fixtures.js";

const bar = (page) => page.locator('[data-region="bar"] [data-defense]');

test("RISK-11 an operator enters defense mode; everybody sees it; an administrator leaves it with a code and a reason", async ({ bot, browserOf, operator, people }) => {
  const [viewer, administrator] = [await browserOf("viewer"), await browserOf("administrator")];
  await viewer.goHome("/orders");
  await expect(bar(viewer)).toHaveCount(0);
  await operator.goHome("/risk");
  await operator.getByLabel("Why").and(operator.locator("#dwhy")).fill("cpi at 14:30");
  await operator.getByRole("button", { name: "Enter defense" }).click();
  await expect(told(operator)).toContainText("Defense mode is on");
  // No page was loaded again.
  await expect(bar(operator)).toContainText("50.0");
  await expect(bar(viewer)).toContainText("50.0");
  const table = operator.locator('[data-region="defense"]');
  await expect(table).toContainText("cpi at 14:30");
  await expect(table.getByRole("row", { name: /^risk\.positions / })).toContainText(/5\s*2/);
  await expect(operator.getByRole("button", { name: "Enter defense" })).toBeHidden();
  await expect(operator.getByRole("button", { name: "Leave defense" })).toHaveCount(0);
  await expect.poll(() => bot.board().day.loss_limit).toBe("1000.00");

  await administrator.goHome("/risk");
  const out = process.env.TBOT_SHOTS;
  if (out) {
    for (const [width, name] of [[1280, "wide"], [390, "narrow"]]) {
      for (const colorScheme of ["light", "dark"]) {
        await administrator.emulateMedia({ colorScheme });
        await administrator.setViewportSize({ width, height: 900 });
        await administrator.screenshot({ path: join(out, `defense-${name}-${colorScheme}.png`), fullPage: true });
      }
    }
    await administrator.setViewportSize({ width: 1280, height: 900 });
  }
  const leave = async (why, typed) => {
    await administrator.locator("#dcode").fill(typed);
    await administrator.locator("#lwhy").fill(why);
    await administrator.getByRole("button", { name: "Leave defense" }).click();
  };
  await leave("it was calm", "000000");
  await expect(told(administrator).first()).toContainText(/code is wrong/);
  await expect(bar(administrator)).toHaveCount(1);
  await leave("it was calm", code(people.administrator.secret));
  await expect(told(administrator).first()).toContainText("Defense mode is off");
  for (const page of [administrator, operator, viewer]) await expect(bar(page)).toHaveCount(0);
  await expect(operator.getByRole("button", { name: "Enter defense" })).toBeVisible();
  await expect.poll(() => bot.board().day.loss_limit).toBe("2000.00");
});
