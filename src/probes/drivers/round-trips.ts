import type { RoundTrips } from './probe-driver.port.js';

/** Microseconds are as fine as any driver measures. */
const rounded = (ms: number): number => Math.round(ms * 1_000) / 1_000;

/**
 * Sums up round-trip times in ms.
 * @param times null for what was not answered; it is no part of any figure
 * @returns null when nothing was answered
 */
export function roundTrips(times: readonly (number | null)[]): RoundTrips | null {
  const answered = times.filter((time) => time !== null);
  if (answered.length === 0) return null;
  const sum = answered.reduce((total, time) => total + time, 0);
  const steps = answered.slice(1).map((time, index) => Math.abs(time - answered[index]!));
  return {
    min: rounded(Math.min(...answered)),
    avg: rounded(sum / answered.length),
    max: rounded(Math.max(...answered)),
    jitter: steps.length === 0 ? null : rounded(steps.reduce((total, step) => total + step, 0) / steps.length),
  };
}
