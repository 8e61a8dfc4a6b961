import type { RememberedFailure } from '../picture/swarm-picture.js';

export const FLAPPING_FAILURES = 3;
export const FLAPPING_MINUTES = 10;
/** Between a failure and its restart there is a moment without any task; nothing is given up before this has passed. */
export const RETRY_GRACE_MS = 15_000;

/** A slot (or a global service's node) that fails again and again. */
export interface FlappingSlot {
  slot: number | null;
  node: string | null;
  failures: number;
  /** When the first of them happened; ISO-8601. */
  since: string;
}

/** What {@link findFlapping} leaves out. */
export interface FlappingScope {
  now: Date;
  /** Slot keys to look at. */
  slots: ReadonlySet<string>;
  /** ISO-8601; failures before it belong to a version that is gone. */
  notBefore?: string;
}

/** Slots with at least {@link FLAPPING_FAILURES} failures in the last {@link FLAPPING_MINUTES}, the worst first. */
export function findFlapping(failures: readonly RememberedFailure[], scope: FlappingScope): FlappingSlot[] {
  if (failures.length < FLAPPING_FAILURES) return [];
  let oldest = new Date(scope.now.getTime() - FLAPPING_MINUTES * 60_000).toISOString();
  if (scope.notBefore !== undefined && scope.notBefore > oldest) oldest = scope.notBefore;
  const bySlot = new Map<string, FlappingSlot>();
  for (const { slotKey, slot, node, at } of failures) {
    if (at < oldest || !scope.slots.has(slotKey)) continue;
    const known = bySlot.get(slotKey);
    if (!known) bySlot.set(slotKey, { slot, node, failures: 1, since: at });
    else {
      known.failures++;
      if (at < known.since) known.since = at;
    }
  }
  return [...bySlot.values()]
    .filter((slot) => slot.failures >= FLAPPING_FAILURES)
    .sort((a, b) => b.failures - a.failures);
}
