/** Milliseconds from `now` to the next multiple of the interval since the epoch; never 0, so that a slot ticks once. */
export function untilNextSlot(now: number, intervalSeconds: number): number {
  const interval = intervalSeconds * 1000;
  return interval - (now % interval);
}
