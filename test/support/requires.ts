/**
 * A suite that needs something which may be missing on a newcomer's machine. There it is skipped with one line that says what to
 * install; in CI a missing part is a failure.
 *
 * @param missing what is missing and how to install it, or null
 */
export function describeWith(name: string, missing: string | null, body: () => void): void {
  if (missing === null) {
    describe(name, body);
  } else if (process.env['CI']) {
    describe(name, () => {
      it('has everything it needs', () => {
        throw new Error(missing);
      });
    });
  } else {
    process.stderr.write(`Skipped: ${name}: ${missing}\n`);
    describe.skip(name, body);
  }
}
