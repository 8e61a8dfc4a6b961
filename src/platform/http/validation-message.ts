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
      return tooFew(issue.origin, issue.minimum, issue.inclusive !== false);
    case 'too_big':
      return tooMany(issue.origin, issue.maximum, issue.inclusive !== false);
    case 'invalid_key':
      return issue.issues[0]?.message;
    case 'invalid_union':
      return Array.isArray(issue.options) && issue.options.length > 0
        ? `Must be one of: ${issue.options.join(', ')}.`
        : 'Has none of the forms that it can have.';
    case 'invalid_format':
      return issue.format === 'uuid' ? 'Must be a UUID.' : undefined;
    default:
      return undefined;
  }
}

const ONCE = 'Give it once.';

/** What is worth telling: that a number is beyond all numbers is not when its own limit is told as well. */
export function tellable<T extends z.core.$ZodIssue>(issues: readonly T[]): T[] {
  const limited = issues.filter((issue) => isLimit(issue) && !isSafeLimit(issue)).map(pathOf);
  return issues.filter((issue) => !isSafeLimit(issue) || !limited.includes(pathOf(issue)));
}

function pathOf({ path }: z.core.$ZodIssue): string {
  return path.join('.');
}

function isLimit({ code }: z.core.$ZodIssue): boolean {
  return code === 'too_big' || code === 'too_small';
}

function isSafeLimit(issue: z.core.$ZodIssue): boolean {
  if (issue.code === 'too_big') return issue.maximum === Number.MAX_SAFE_INTEGER;
  return issue.code === 'too_small' && issue.minimum === Number.MIN_SAFE_INTEGER;
}

function tooFew(origin: string, least: number | bigint, inclusive: boolean): string | undefined {
  if (origin === 'string') return `Must have at least ${least} characters.`;
  if (origin === 'array' || origin === 'set')
    return `Must have at least ${least} ${least === 1 ? 'entry' : 'entries'}.`;
  if (origin !== 'number' && origin !== 'int') return undefined;
  if (least === Number.MIN_SAFE_INTEGER) return 'Is too small a number.';
  return inclusive ? `Must be at least ${least}.` : `Must be more than ${least}.`;
}

function tooMany(origin: string, most: number | bigint, inclusive: boolean): string | undefined {
  if (origin === 'string') return `Must have at most ${most} characters.`;
  if (origin === 'array' || origin === 'set') return `Must have at most ${most} ${most === 1 ? 'entry' : 'entries'}.`;
  if (origin !== 'number' && origin !== 'int') return undefined;
  if (most === Number.MAX_SAFE_INTEGER) return 'Is too large a number.';
  return inclusive ? `Must be at most ${most}.` : `Must be less than ${most}.`;
}

function wrongType(expected: string, input: unknown): string {
  if (input === undefined) return 'Is required.';
  // A parameter that stands twice in the query arrives as a list.
  if (Array.isArray(input) && expected === 'string') return ONCE;
  if (expected === 'int') return 'Must be a whole number.';
  if (expected === 'record') return 'Must be an object.';
  const article = /^[aeio]/.test(expected) ? 'an' : 'a';
  return `Must be ${article} ${expected}.`;
}
