import { MAX_SHARE, MIN_GAP_MS, PACKET_PERIOD_MS, planPings } from '../ping-plan.js';

/** Devices that one fping pings together: of one shard, with the same interval, packets and time limit. */
export interface PingBatch {
  intervalSeconds: number;
  shard: number;
  packets: number;
  timeoutMs: number;
  devices: number;
}

/** A shard that cannot be pinged in the share of its interval that may be used. */
export interface Overload {
  intervalSeconds: number;
  shard: number;
  devices: number;
  /** Of all its devices in one turn. */
  packets: number;
  neededMs: number;
  /** The shortest interval that would do. */
  possibleSeconds: number;
}

/**
 * The first shard that fping cannot meet. Batches of one shard run side by side, so each must fit by itself, and all their packets
 * together at the fastest pace.
 */
export function findOverload(batches: readonly PingBatch[]): Overload | null {
  const shards = new Map<string, PingBatch[]>();
  for (const batch of batches) {
    const key = `${batch.intervalSeconds} ${batch.shard}`;
    shards.set(key, [...(shards.get(key) ?? []), batch]);
  }
  for (const group of shards.values()) {
    const { intervalSeconds, shard } = group[0]!;
    const packets = group.reduce((sum, batch) => sum + batch.devices * batch.packets, 0);
    const neededMs = Math.ceil(Math.max(packets * MIN_GAP_MS, ...group.map(shortestMs)));
    const allFit = group.every((batch) => planPings(batch).fits) && packets * MIN_GAP_MS <= budgetMs(intervalSeconds);
    if (allFit) continue;
    const devices = group.reduce((sum, batch) => sum + batch.devices, 0);
    const possibleSeconds = Math.ceil(neededMs / MAX_SHARE / 1_000);
    return { intervalSeconds, shard, devices, packets, neededMs, possibleSeconds };
  }
  return null;
}

/** The figures and the ways out, for who asked for it. */
export function overloadMessage(overload: Overload): string {
  const { devices, packets, intervalSeconds, shard, neededMs, possibleSeconds } = overload;
  const some = devices === 1 ? '1 device' : `${devices} devices`;
  return (
    `${some} with ${packets} packets in all every ${intervalSeconds} s (shard ${shard}) take fping ${neededMs / 1_000} s at its fastest, and ` +
    `70 % of the interval are ${budgetMs(intervalSeconds) / 1_000} s. Set ping_interval_seconds to ${possibleSeconds} or more, send fewer ` +
    'packets, wait less for answers, or ping fewer devices so often.'
  );
}

function budgetMs(intervalSeconds: number): number {
  return Math.round(intervalSeconds * 1_000 * MAX_SHARE);
}

/** What a batch takes at the fastest pace. */
function shortestMs({ devices, packets, timeoutMs }: PingBatch): number {
  const periodMs = Math.max(PACKET_PERIOD_MS, timeoutMs + 100);
  return Math.max(devices * packets * MIN_GAP_MS, (packets - 1) * periodMs) + timeoutMs;
}
