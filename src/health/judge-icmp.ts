import { type ComponentHealth, degraded, healthy, notConfigured } from './component-health.js';

/** What is known of pinging. */
export interface IcmpFacts {
  schedules: readonly IcmpSchedule[];
  /** What fresh workers say of their ICMP driver. */
  drivers: readonly { ok: boolean; message: string | null }[];
  vantage: { blind: boolean; since: Date; reason: string | null };
}

export interface IcmpSchedule {
  intervalSeconds: number;
  shard: number;
  devices: number;
  lastDueAt: Date | null;
  /** Turns that were not done lately. */
  missed: number;
}

/** Misses count for this long. */
export const MISSES_WITHIN_SECONDS = 300;
/** So many turns without a sign of life are a stand-still. */
const SILENT_INTERVALS = 4;

/** Health of pinging, not of the devices. */
export function judgeIcmp({ schedules, drivers, vantage }: IcmpFacts, now: Date): ComponentHealth {
  const devices = schedules.reduce((sum, schedule) => sum + schedule.devices, 0);
  if (devices === 0) return notConfigured();
  const broken = drivers.find(({ ok }) => !ok);
  if (broken && drivers.every(({ ok }) => !ok)) return degraded(broken.message ?? 'the ICMP driver is broken');
  if (vantage.blind)
    return degraded(`the vantage point is blind since ${vantage.since.toISOString()}: ${because(vantage)}`);
  const missed = schedules.reduce((sum, schedule) => sum + schedule.missed, 0);
  if (missed > 0) {
    return degraded(
      `${missed} ping cycle${missed === 1 ? '' : 's'} missed in the last ${MISSES_WITHIN_SECONDS / 60} minutes`,
    );
  }
  const silent = schedules.find((schedule) => isSilent(schedule, now));
  if (silent?.lastDueAt) {
    const seconds = Math.round((now.getTime() - silent.lastDueAt.getTime()) / 1_000);
    return degraded(`no ping cycle of shard ${silent.shard} every ${silent.intervalSeconds} s for ${seconds} s`);
  }
  return healthy(` (${devices} devices)`);
}

function because({ reason }: IcmpFacts['vantage']): string {
  return reason === 'canaries' ? 'no canary answers' : 'nearly every device that was up fails at once';
}

function isSilent({ lastDueAt, intervalSeconds, devices }: IcmpSchedule, now: Date): boolean {
  return (
    devices > 0 &&
    lastDueAt !== null &&
    now.getTime() - lastDueAt.getTime() > SILENT_INTERVALS * intervalSeconds * 1_000
  );
}
