import { createHash } from 'node:crypto';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** An old id that is a UUID is kept; anything else gives the same one every time. */
export function asUuid(kind: string, id: string | number): string {
  const own = String(id).toLowerCase();
  if (UUID.test(own)) return own;
  const hash = createHash('sha256').update(`ward-ops ${kind} ${own}`).digest('hex');
  return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-8${hash.slice(13, 16)}-8${hash.slice(17, 20)}-${hash.slice(20, 32)}`;
}

export function text(value: string | null | undefined, max: number): string | null {
  const clean = value
    ?.replaceAll(/[\0\p{Surrogate}]/gu, '')
    .trim()
    .slice(0, max);
  return clean || null;
}

export function unique(name: string, taken: Set<string>): string {
  let free = name;
  for (let number = 2; taken.has(free); number++) free = `${name} (${number})`;
  taken.add(free);
  return free;
}

export function within(value: number | null, limit: number): number | null {
  const number = Number(value);
  return value !== null && Number.isFinite(number) && Math.abs(number) <= limit ? number : null;
}

export function inRange(value: number | null, min: number, max: number): number | null {
  const number = Number(value);
  return value !== null && Number.isInteger(number) && number >= min && number <= max ? number : null;
}
