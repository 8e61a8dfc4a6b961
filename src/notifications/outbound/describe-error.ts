import { storableStart } from '../../platform/http/storable-text.js';

/** What a socket failed of, in a line. Of several addresses that were tried: of each. */
export function describeError(error: unknown): string {
  const failures = error instanceof AggregateError ? error.errors : [error];
  const lines = failures.map((each: unknown) => {
    const { message, code } = Object(each) as { message?: string; code?: string };
    return message || code || String(each);
  });
  return storableStart([...new Set(lines)].join('; ').replace(/\s+/g, ' '), 500);
}
