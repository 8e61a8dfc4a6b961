/** One turn of something periodic: what, for which shard, and when it is due. */
export interface CycleSlot {
  kind: string;
  shard: number;
  dueAt: Date;
  intervalSeconds: number;
  /** `<kind>-<shard>-<due time in Unix seconds>`, also the id of its job. No colons: BullMQ refuses them. */
  id: string;
}

const KIND = /^[a-z][a-z0-9-]{0,63}$/;

/**
 * The slot nearest to `now`. Timers of several schedulers fire a little early or late; rounding makes them name the same turn,
 * so that the second one to enqueue it, or to record it, changes nothing.
 *
 * @param offsetSeconds turns are due this long after the multiples of the interval, whole seconds
 * @example slotOf('ping', 3, new Date(1795218000_400), 30).id // 'ping-3-1795218000'
 * @throws RangeError for a kind, shard or interval that cannot make an id
 */
export function slotOf(kind: string, shard: number, now: Date, intervalSeconds: number, offsetSeconds = 0): CycleSlot {
  if (!KIND.test(kind)) throw new RangeError(`A slot's kind must match ${KIND}, but is ${JSON.stringify(kind)}`);
  if (!Number.isInteger(shard) || shard < 0) throw new RangeError(`A slot's shard must be 0, 1, 2 …, but is ${shard}`);
  if (!Number.isInteger(intervalSeconds) || intervalSeconds < 1) {
    throw new RangeError(`A slot's interval must be whole seconds, at least 1, but is ${intervalSeconds}`);
  }
  const dueSeconds =
    Math.round((now.getTime() / 1_000 - offsetSeconds) / intervalSeconds) * intervalSeconds + offsetSeconds;
  return { kind, shard, intervalSeconds, dueAt: new Date(dueSeconds * 1_000), id: `${kind}-${shard}-${dueSeconds}` };
}

/** Steps of the golden ratio fall into the largest gap that those before have left. */
const GOLDEN_STEP = (Math.sqrt(5) - 1) / 2;

/** How long after the multiples of its interval a shard is due, whole seconds: the shards of an installation spread over it. Shard 0: 0. */
export function offsetOf(shard: number, intervalSeconds: number): number {
  return Math.floor(((shard * GOLDEN_STEP) % 1) * intervalSeconds);
}

/** Whether a turn is found so late that the next one has taken its place. */
export function isLate(slot: Pick<CycleSlot, 'dueAt' | 'intervalSeconds'>, now: Date): boolean {
  return now.getTime() - slot.dueAt.getTime() > slot.intervalSeconds * 1_000;
}
