import type { z } from 'zod';

/**
 * The sentence for a refused value where its schema has none of its own, in the words of the person who sent it rather
 * than of the schema.
 */
export function validationMessage(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return wrongType(String(issue.expected), issue.input);
    case 'invalid_value':
      return Array.isArray(issue.input) ? ONCE : `Must be one of: ${issue.values.join(', ')}.`;
    case 'too_small':
      if (issue.origin === 'string' && issue.minimum === 1) return 'Must not be empty.';
      return issue.origin === 'string' ? `Must have at least ${issue.minimum} characters.` : undefined;
    case 'too_big':
      return issue.origin === 'string' ? `Must have at most ${issue.maximum} characters.` : undefined;
    default:
      return undefined;
  }
}

const ONCE = 'Give it once.';

function wrongType(expected: string, input: unknown): string {
  if (input === undefined) return 'Is required.';
  // A parameter that stands twice in the query arrives as a list.
  if (Array.isArray(input) && expected === 'string') return ONCE;
  const article = /^[aeio]/.test(expected) ? 'an' : 'a';
  return `Must be ${article} ${expected}.`;
}
