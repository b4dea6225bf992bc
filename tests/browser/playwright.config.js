import { defineConfig } from "@playwright/test";

export default defineConfig({
  globalSetup: "./prepare.js",
  testMatch: "*.spec.js",
  // Two cores; each test has a bot of its own.
  workers: Number(process.env.TBOT_BROWSER_WORKERS || 2),
  fullyParallel: true,
  // Long enough for a machine that does other things too: who waits so long waits for what does not come.
  timeout: 240_000,
  expect: { timeout: 60_000 },
  forbidOnly: true,
  // A loaded machine can be slower than any wait. Whoever needs a second attempt is named at the end.
  retries: 1,
  reporter: "./counts.js",
  use: {
    browserName: "chromium",
    headless: true,
    viewport: { width: 1440, height: 900 },
    ignoreHTTPSErrors: true,
    launchOptions: { executablePath: process.env.TBOT_CHROMIUM || undefined, args: ["--no-sandbox"] },
  },
});
