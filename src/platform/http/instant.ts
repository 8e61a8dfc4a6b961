import { z } from 'zod';

/**
 * A moment in a request: ISO-8601 with `Z` or an offset, made UTC. Years 1 to 9999 only: PostgreSQL has no year 0, and the
 * wire's form has four digits.
 * @param example shown to who sends something else
 */
export function instant(example: string) {
  const error = `Must be an ISO-8601 time such as ${example}.`;
  return z.iso
    .datetime({ offset: true, error, abort: true })
    .refine(hasFourDigitYear, { error, abort: true })
    .transform((text) => new Date(text).toISOString());
}

function hasFourDigitYear(text: string): boolean {
  const year = new Date(text).getUTCFullYear();
  return year >= 1 && year <= 9999;
}
