export const MATCH_OPERATORS = ['=', '!=', '~', '!~'] as const;

/** A demand on a label of an alert. `~`: like a text in which `*` stands for any text; no regular expressions, which can hang. */
export interface Matcher {
  name: string;
  op: (typeof MATCH_OPERATORS)[number];
  value: string;
}
