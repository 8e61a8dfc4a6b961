import { type ComponentHealth, degraded, healthy, notConfigured } from './component-health.js';

/** What is known of probing: ICMP first of all, and the other kinds beside it. */
export interface IcmpFacts {
  schedules: readonly IcmpSchedule[];
  /** What fresh workers say of the drivers that devices need. */
  drivers: readonly { worker: string; ok: boolean; message: string | null }[];
  vantage: { blind: boolean; since: Date; reason: string | null };
}

export interface IcmpSchedule {
  cycle: 'ping' | 'checks' | 'snmp';
  intervalSeconds: number;
  shard: number;
  devices: number;
  /** Of the last turn; before the first one, when the schedule was first seen. */
  lastDueAt: Date;
  /** Turns that were not done lately. */
  missed: number;
}

/** Misses count for this long. */
export const MISSES_WITHIN_SECONDS = 300;
/** So many turns without a sign of life are a stand-still. */
const SILENT_INTERVALS = 4;

/** Health of probing, not of the devices. The worst that can be mended comes first. */
export function judgeIcmp({ schedules, drivers, vantage }: IcmpFacts, now: Date): ComponentHealth {
  const devices = schedules.reduce((sum, schedule) => sum + schedule.devices, 0);
  if (devices === 0) return notConfigured();
  const broken = drivers.filter(({ ok }) => !ok);
  if (broken[0]) {
    // One broken worker of several makes its turns unknown: half of the truth is no health.
    const where = broken.length < drivers.length ? ` (on ${broken.map(({ worker }) => worker).join(', ')})` : '';
    return degraded(`${broken[0].message ?? 'the ICMP driver is broken'}${where}`);
  }
  if (vantage.blind)
    return degraded(`the vantage point is blind since ${vantage.since.toISOString()}: ${because(vantage)}`);
  for (const cycle of ['ping', 'checks', 'snmp'] as const) {
    const missed = schedules.reduce((sum, each) => sum + (each.cycle === cycle ? each.missed : 0), 0);
    if (missed === 0) continue;
    const cycles = `${missed} ${cycle} cycle${missed === 1 ? '' : 's'}`;
    return degraded(`${cycles} missed in the last ${MISSES_WITHIN_SECONDS / 60} minutes`);
  }
  const silent = schedules.find((schedule) => isSilent(schedule, now));
  if (silent) {
    const seconds = Math.round((now.getTime() - silent.lastDueAt.getTime()) / 1_000);
    const { cycle, shard, intervalSeconds } = silent;
    return degraded(`no ${cycle} cycle of shard ${shard} every ${intervalSeconds} s for ${seconds} s`);
  }
  return healthy(` (${devices} devices)`);
}

function because({ reason }: IcmpFacts['vantage']): string {
  return reason === 'canaries' ? 'no canary answers' : 'nearly every device that was up fails at once';
}

function isSilent({ lastDueAt, intervalSeconds, devices }: IcmpSchedule, now: Date): boolean {
  return devices > 0 && now.getTime() - lastDueAt.getTime() > SILENT_INTERVALS * intervalSeconds * 1_000;
}
