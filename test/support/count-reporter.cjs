/** Ends every run with the runner's own count, alone on the last line. A suite that cannot even start counts as failed. */
module.exports = class CountReporter {
  onRunComplete(_contexts, results) {
    const skipped = results.numPendingTests + results.numTodoTests;
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    // After the default reporter's summary, which is written to stderr.
    process.stderr.write('', () =>
      process.stdout.write(`${results.numPassedTests} passed, ${failed} failed, ${skipped} skipped\n`),
    );
  }
};
