// A line for each test, what failed in full, and the sum in the form that scripts/test adds up.
export default class Counts {
  passed = 0;
  failed = 0;
  // Those that passed at their second attempt only.
  again = [];
  onTestEnd(test, result) {
    const name = test.titlePath().slice(3).join(" > ");
    const good = result.status === test.expectedStatus;
    const last = good || result.retry >= test.retries;
    if (good && result.retry) this.again.push(name);
    if (last && result.status !== "skipped") this[good ? "passed" : "failed"] += 1;
    const word = result.status === "skipped" ? "skipped" : good ? "ok" : last ? "FAILED" : "failed, is tried again";
    console.log(`test ${name} ... ${word} (${(result.duration / 1000).toFixed(1)} s)`);
    if (!good) for (const error of result.errors) console.log(error.stack || error.message);
  }
  onError(error) {
    this.failed += 1;
    console.log(error.stack || error.message);
  }
  onEnd() {
    for (const name of this.again) console.log(`passed at the second attempt only: ${name}`);
    console.log(`\ntest result: ${this.failed ? "FAILED" : "ok"}. ${this.passed} passed; ${this.failed} failed;`);
  }
}
