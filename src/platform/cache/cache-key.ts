const MAX_KEY_LENGTH = 512;

/**
 * Refuses what no store could keep apart: empty keys, keys of more than 512 characters, control characters, `*`
 * (it belongs to patterns) and a leading `@` (the shared store's own book-keeping).
 * @throws TypeError saying what is wrong with the key
 */
export function checkKey(key: string): void {
  if (typeof key !== 'string' || key === '') throw new TypeError('A cache key must be a string that is not empty.');
  if (key.length > MAX_KEY_LENGTH) {
    throw new TypeError(
      `A cache key has at most ${MAX_KEY_LENGTH} characters, "${key.slice(0, 40)}…" has ${key.length}.`,
    );
  }
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\x00-\x1f\x7f*]/.test(key) || key.startsWith('@')) {
    throw new TypeError(
      `The cache key ${JSON.stringify(key)} may not hold "*" or control characters, nor begin with "@".`,
    );
  }
}

/**
 * A pattern is `*` (everything), `device:*` (all keys below a prefix, of any depth) or one key without a star.
 * @throws TypeError naming the three forms
 */
export function checkPattern(pattern: string): void {
  if (pattern === '*') return;
  if (typeof pattern === 'string' && pattern.endsWith(':*')) return checkKey(pattern.slice(0, -2));
  if (typeof pattern !== 'string' || pattern.includes('*')) {
    throw new TypeError(
      `The cache pattern ${JSON.stringify(pattern)} must be "*", "prefix:*" or one key without a star.`,
    );
  }
  checkKey(pattern);
}

/** Whether `key` is among what `pattern` (a checked one) stands for. */
export function matches(pattern: string, key: string): boolean {
  return pattern === '*' || pattern === key || (pattern.endsWith(':*') && key.startsWith(pattern.slice(0, -1)));
}

/** What statistics are kept by: the text before the first colon, or the whole key. */
export function prefixOf(key: string): string {
  const colon = key.indexOf(':');
  return colon === -1 ? key : key.slice(0, colon);
}

/**
 * Every pattern that covers the key, widest first: `device:42:ports` is covered by `*`, `device:*`, `device:42:*` and itself.
 * Whoever invalidates one of them invalidates the key.
 */
export function scopesOf(key: string): string[] {
  const scopes = ['*'];
  for (let colon = key.indexOf(':'); colon > 0; colon = key.indexOf(':', colon + 1)) {
    scopes.push(`${key.slice(0, colon)}:*`);
  }
  return [...scopes, key];
}

/** The pattern as a Redis glob that matches nothing else: every character with a meaning in globs is escaped. */
export function globOf(pattern: string): string {
  const everythingBelow = pattern === '*' || pattern.endsWith(':*');
  const literal = everythingBelow ? pattern.slice(0, -1) : pattern;
  return literal.replace(/[[\]*?\\^]/g, String.raw`\$&`) + (everythingBelow ? '*' : '');
}
