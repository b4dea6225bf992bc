// A line for each test, what failed in full, and the sum in the form that scripts/test adds up.
export default class Counts {
  passed = 0;
  failed = 0;
  onTestEnd(test, result) {
    const good = result.status === test.expectedStatus;
    if (result.status !== "skipped") this[good ? "passed" : "failed"] += 1;
    console.log(`test ${test.titlePath().slice(3).join(" > ")} ... ${result.status === "skipped" ? "skipped" : good ? "ok" : "FAILED"} (${(result.duration / 1000).toFixed(1)} s)`);
    if (!good) for (const error of result.errors) console.log(error.stack || error.message);
  }
  onError(error) {
    this.failed += 1;
    console.log(error.stack || error.message);
  }
  onEnd() {
    console.log(`\ntest result: ${this.failed ? "FAILED" : "ok"}. ${this.passed} passed; ${this.failed} failed;`);
  }
}
