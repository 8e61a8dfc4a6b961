/** Milliseconds from `now` to the next turn of the interval since the epoch; never 0, so that a slot ticks once. */
export function untilNextSlot(now: number, intervalSeconds: number, offsetSeconds = 0): number {
  const interval = intervalSeconds * 1_000;
  return interval - ((now - offsetSeconds * 1_000) % interval);
}
