/** How much a pattern may hold, so that matching stays cheap. */
export const GLOB_LIMITS = { length: 500, stars: 10 } as const;

/**
 * A function that tells whether a text is like a pattern, in which `*` stands for any text; upper and lower case are the same.
 * Looks at each character of a text at most a few times, whatever the pattern: unlike a regular expression it cannot hang.
 */
export function globMatcher(pattern: string): (text: string) => boolean {
  const parts = pattern.toLowerCase().split('*');
  const first = parts[0]!;
  const last = parts.at(-1)!;
  if (parts.length === 1) return (text) => text.toLowerCase() === first;
  const between = parts.slice(1, -1);
  return (text) => {
    const lower = text.toLowerCase();
    if (!lower.startsWith(first) || !lower.endsWith(last)) return false;
    // The earliest place of each part leaves the most for those after it.
    let at = first.length;
    for (const part of between) {
      const found = lower.indexOf(part, at);
      if (found < 0) return false;
      at = found + part.length;
    }
    return at + last.length <= lower.length;
  };
}
