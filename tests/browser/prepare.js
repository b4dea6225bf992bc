// Before all tests: the folders that their bots begin from.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { prepare } from "./bot.js";

export default async function () {
  const place = mkdtempSync(join(tmpdir(), "tbot-prepared-"));
  process.env.TBOT_BROWSER_PREPARED = place;
  await prepare(place);
  return () => rmSync(place, { recursive: true, force: true });
}
