/** What a socket failed of, in a line. Of several addresses that were tried: of each. */
export function describeError(error: unknown): string {
  const failures = error instanceof AggregateError ? error.errors : [error];
  const lines = failures.map((each: unknown) => {
    const { message, code } = each as { message?: string; code?: string };
    return message || code || String(each);
  });
  return [...new Set(lines)].join('; ').replace(/\s+/g, ' ').slice(0, 500);
}
