/** How many results flap detection looks back over. */
export const FLAP_RESULTS = 20;
const FLAP_BITS = 2 ** FLAP_RESULTS - 1;
/** Of the newest and of the oldest change: what happened lately says more. As Nagios and Icinga weigh it. */
const NEWEST_WEIGHT = 1.2;
const OLDEST_WEIGHT = 0.8;

export interface ResultHistory {
  /** Newest result in bit 0, 1 = failed. */
  history: number;
  historyLength: number;
}

/** The history with one more result; the oldest falls out. */
export function appendResult({ history, historyLength }: ResultHistory, failed: boolean): ResultHistory {
  return {
    history: ((history << 1) | (failed ? 1 : 0)) & FLAP_BITS,
    historyLength: Math.min(FLAP_RESULTS, historyLength + 1),
  };
}

/** How often results changed, 0 to 100 %: 100 is a change every time over a whole history. A short history counts as calm before. */
export function changePercent({ history, historyLength }: ResultHistory): number {
  const changes = FLAP_RESULTS - 1;
  const step = (NEWEST_WEIGHT - OLDEST_WEIGHT) / (changes - 1);
  let weight = 0;
  for (let age = 0; age < historyLength - 1; age++) {
    const changed = ((history >> age) & 1) !== ((history >> (age + 1)) & 1);
    if (changed) weight += NEWEST_WEIGHT - age * step;
  }
  return (weight / changes) * 100;
}

/** Flapping begins above the high threshold and ends below the low one. */
export function isFlapping(
  history: ResultHistory,
  was: boolean,
  { low, high }: { low: number; high: number },
): boolean {
  const percent = changePercent(history);
  return was ? percent >= low : percent > high;
}
