/**
 * Readers for payloads that nobody has checked. A field of a wrong type reads as if it were missing, because one odd
 * element must not cost the picture of the whole swarm.
 */
export type Raw = Record<string, unknown>;

const EMPTY: Raw = Object.freeze({});

/** What Go writes for a time that was never set; keeps `createdAt` and its kin valid ISO-8601. */
export const NEVER = '0001-01-01T00:00:00Z';

export function isRecord(value: unknown): value is Raw {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The object, or an empty one. */
export function record(value: unknown): Raw {
  return isRecord(value) ? value : EMPTY;
}

/** The array, or an empty one. */
export function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The text, or null when it is missing or empty (Go leaves empty strings in). */
export function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? storable(value) : null;
}

/** Without what PostgreSQL cannot store: NUL, and halves of surrogate pairs. */
export function storable(value: string): string {
  return value.includes('\0') || !value.isWellFormed() ? value.replaceAll('\0', '').toWellFormed() : value;
}

/** The number, or null. */
export function numberOrNull(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/** The number, or 0. */
export function number(value: unknown): number {
  return numberOrNull(value) ?? 0;
}

/** A job's iteration: Docker writes the first one, 0, as an empty object. Null when there is none. */
export function jobIteration(value: unknown): number | null {
  return isRecord(value) ? number(value['Index']) : null;
}

/** ISO-8601 time as Docker gave it, or {@link NEVER}. */
export function time(value: unknown): string {
  return text(value) ?? NEVER;
}

/** One of the known words, or the fallback. */
export function oneOf<T extends string, F extends string>(words: readonly T[], value: unknown, fallback: F): T | F {
  return words.includes(value as T) ? (value as T) : fallback;
}

// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g;

/** One line for people: control characters become spaces, at most `limit` characters. */
export function oneLine(value: string, limit: number): string {
  const line = value.replace(CONTROL, ' ').trim();
  // A cut may go through the middle of an emoji.
  return line.length > limit ? `${line.slice(0, limit - 1).toWellFormed()}…` : line;
}
