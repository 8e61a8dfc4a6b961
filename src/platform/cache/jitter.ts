/**
 * Shortens a lifetime by up to `fraction` of it, so that keys loaded together do not expire together. It only ever shortens: nobody gets
 * data older than the lifetime that was asked for.
 * @param random a number in [0, 1)
 */
export function jittered(ttlMs: number, fraction: number, random: number): number {
  return Math.max(1, Math.round(ttlMs * (1 - fraction * random)));
}
