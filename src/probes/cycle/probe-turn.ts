import type { DriverName } from '../drivers/probe-driver.port.js';

/** ICMP goes by itself, so that a slow agent or web server never delays a ping. */
export const PROBE_CYCLES = ['ping', 'checks'] as const;
export type ProbeCycle = (typeof PROBE_CYCLES)[number];

/** What there are schedules of: those, and the polls of SNMP items, which have turns of their own kind. */
export const SCHEDULES = [...PROBE_CYCLES, 'snmp'] as const;

export const DRIVERS_OF: Record<ProbeCycle, readonly DriverName[]> = { ping: ['icmp'], checks: ['tcp', 'http'] };

/** One turn of one schedule: whose devices, and when it was due. */
export interface ProbeTurn {
  cycle: ProbeCycle;
  /** Of the rows in `cycles`: the cycle and its interval, such as `ping-30`. */
  kind: string;
  shard: number;
  intervalSeconds: number;
  dueAt: Date;
}

export const cycleKind = (cycle: ProbeCycle, intervalSeconds: number): string => `${cycle}-${intervalSeconds}`;

/** Turns that are noted as missed after a long stand-still, at most: a day of cycles every 30 s. */
const MAX_MISSES = 2_880;

/** The turns between the last that was done and this one, the latest of them when there are many. Instants in ms. */
export function turnsBetween(lastDueAt: number | null, dueAt: number, intervalSeconds: number): number[] {
  if (lastDueAt === null) return [];
  const interval = intervalSeconds * 1_000;
  // A turn that belongs to no slot (the clock was set back) stands for the nearest one.
  const count = Math.min(MAX_MISSES, Math.round((dueAt - lastDueAt) / interval) - 1);
  return Array.from({ length: Math.max(0, count) }, (_, index) => dueAt - (count - index) * interval);
}

const RING_SECONDS = 600;
/** How many samples cover 10 minutes. */
export function ringLength(intervalSeconds: number): number {
  return Math.min(600, Math.max(3, Math.ceil(RING_SECONDS / intervalSeconds)));
}
