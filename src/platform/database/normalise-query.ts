const MAX_LENGTH = 300;

/** A statement as it may be logged: one line, without the values that stand in it, at most 300 characters. */
export function normaliseQuery(sql: string): string {
  const folded = sql
    .replace(/'(?:[^']|'')*'/g, '?')
    .replace(/\$(\w*)\$[\s\S]*?\$\1\$/g, '?')
    .replace(/(?<![\w$".])\d+(?:\.\d+)?(?![\w"])/g, '?')
    .replace(/\s+/g, ' ')
    .trim();
  return folded.length > MAX_LENGTH ? `${folded.slice(0, MAX_LENGTH - 1)}…` : folded;
}
