const LONGEST_SECONDS = 86_400;

/**
 * How long a receiver asks to wait: seconds, or an instant (RFC 9110, 10.2.3).
 * @param now in ms since the epoch
 * @returns seconds from 0 to a day; null for nothing that can be read
 */
export function retryAfterSeconds(header: string | null | undefined, now: number): number | null {
  const text = header?.trim();
  if (!text) return null;
  // Dates begin with the day of the week; `Date.parse` alone would take almost anything.
  const isDate = /^[A-Za-z]{3,9},? /.test(text);
  const seconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) : isDate ? (Date.parse(text) - now) / 1_000 : NaN;
  return Number.isNaN(seconds) ? null : Math.min(LONGEST_SECONDS, Math.max(0, Math.ceil(seconds)));
}
