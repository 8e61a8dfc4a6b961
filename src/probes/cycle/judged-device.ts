import type { ProbeOutcome } from '../drivers/probe-driver.port.js';
import type { DeviceState, DeviceStateName } from '../state/device-state.js';
import type { StateProfile } from '../state/transition.js';

/** What is known of a device's parent outside of this turn. */
export interface ParentFacts {
  num: number;
  /** Enabled, and its profile asks for probes: only then does its state mean anything. */
  isProbed: boolean;
  state: DeviceStateName | null;
  since: number | null;
  /** Of the outage that it is in, or was in when it was last known. */
  downSince: number | null;
  lastOutcome: ProbeOutcome | null;
  lastAt: number | null;
}

/** A device of the turn, as it is when the turn is committed. */
export interface JudgedDevice {
  num: number;
  siteId: string | null;
  isProbed: boolean;
  profile: StateProfile;
  /** Null: it was never probed. */
  state: DeviceState | null;
  parent: ParentFacts | null;
}

/** A device of any shard that is down, behind one that failed in this turn. */
export interface Bystander {
  num: number;
  parentNum: number;
  state: DeviceState;
}

/** Parents before their children; what is in a circle comes in any order. */
export function parentsFirst<T extends { num: number }>(
  items: readonly T[],
  parentOf: (item: T) => number | null,
): T[] {
  const byNum = new Map(items.map((item) => [item.num, item]));
  const done = new Set<number>();
  const ordered: T[] = [];
  for (const item of items) {
    const way: T[] = [];
    for (let next: T | undefined = item; next && !done.has(next.num);) {
      done.add(next.num);
      way.push(next);
      const parent = parentOf(next);
      next = parent === null ? undefined : byNum.get(parent);
    }
    for (let index = way.length - 1; index >= 0; index--) ordered.push(way[index] as T);
  }
  return ordered;
}
