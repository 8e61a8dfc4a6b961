/** One reading of a counter. */
export interface CounterReading {
  value: bigint;
  bits: 32 | 64 | null;
  /** When it was read, ms since the epoch. */
  at: number;
  /** The agent's sysUpTime, hundredths of a second; null when it has none. */
  uptimeTicks: number | null;
}

const UPTIME_WRAP = 2 ** 32;
/** Two readings this far apart say nothing about now. */
const MAX_GAP_MS = 24 * 3_600_000;

/**
 * Units per second between two readings of a counter; null when it cannot be said:
 *
 * - the agent started again in between (its sysUpTime went back, and not because that wraps after 497 days);
 * - a 64-bit counter went back without that: somebody cleared it (it does not wrap in a lifetime);
 * - there is no time between them, or more than a day.
 *
 * A 32-bit counter that went back has wrapped (RFC 2578, 7.1.6).
 */
export function counterRate(before: CounterReading, now: CounterReading): number | null {
  if (now.at - before.at > MAX_GAP_MS) return null;
  const seconds = elapsedSeconds(before, now);
  if (seconds === null || seconds <= 0) return null;
  let growth = now.value - before.value;
  if (growth < 0n) {
    if (now.bits !== 32) return null;
    growth += 1n << 32n;
  }
  return Number(growth) / seconds;
}

/** By the agent's own clock where there is one: it does not know of delays on the way. Null when the agent started again. */
function elapsedSeconds(before: CounterReading, now: CounterReading): number | null {
  const wall = (now.at - before.at) / 1_000;
  if (before.uptimeTicks === null || now.uptimeTicks === null) return wall;
  let ticks = now.uptimeTicks - before.uptimeTicks;
  if (ticks < 0) {
    ticks += UPTIME_WRAP;
    const wrapped = Math.abs(ticks / 100 - wall) < Math.max(60, wall * 0.1);
    if (!wrapped) return null;
  }
  // An agent that caches its uptime shows none or little of the time that has passed.
  return ticks / 100 > wall / 2 ? ticks / 100 : wall;
}
