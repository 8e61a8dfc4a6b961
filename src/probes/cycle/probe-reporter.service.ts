import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { planPings } from '../../devices/ping-plan.js';
import type { Page } from '../../platform/http/envelope.js';
import { listRows } from '../../platform/security/list-rows.store.js';
import { SnmpScheduleStore } from '../snmp/snmp-schedule.store.js';
import { CycleReportStore, type LatestTurn } from './cycle-report.store.js';
import { DriverReportStore } from './driver-report.store.js';
import { type ProbeScheduleRow, ProbeScheduleStore } from './probe-schedule.store.js';
import type { SCHEDULES } from './probe-turn.js';
import type { CycleDto, CyclesQuery, ProbesDto } from './probes.dto.js';

/** A schedule of any kind. */
type Scheduled = Pick<ProbeScheduleRow, 'kind' | 'intervalSeconds' | 'shard' | 'devices'> & {
  cycle: (typeof SCHEDULES)[number];
  plannedShare: number | null;
};

const HOUR_SECONDS = 3_600;

interface ListedCycle extends Omit<CycleDto, 'due_at' | 'started_at'> {
  due_at: Date;
  started_at: Date | null;
  _at: string;
  _id: string;
}

/** How probing goes, for people. */
@Injectable()
export class ProbeReporter {
  constructor(
    private readonly database: DataSource,
    private readonly schedules: ProbeScheduleStore,
    private readonly items: SnmpScheduleStore,
    private readonly turns: CycleReportStore,
    private readonly drivers: DriverReportStore,
  ) {}

  async report(): Promise<ProbesDto> {
    const [vantage, drivers, probes, polls] = await Promise.all([
      this.turns.vantage(),
      this.drivers.fresh(),
      this.schedules.wanted(),
      this.items.wanted(),
    ]);
    const wanted: Scheduled[] = [
      ...probes.map((probe) => ({ ...probe, plannedShare: probe.cycle === 'ping' ? planPings(probe).share : null })),
      ...polls.map((poll) => ({ ...poll, cycle: 'snmp' as const, plannedShare: null })),
    ];
    const latest = await this.turns.latest(wanted, HOUR_SECONDS);
    return {
      vantage: { blind: vantage.blind, since: vantage.since.toISOString(), reason: vantage.reason },
      drivers: drivers.map(({ driver, worker, ok, code, message, checkedAt }) => {
        return { driver, worker, ok, code, message, checked_at: checkedAt.toISOString() };
      }),
      schedules: wanted.map((schedule) => {
        const turn = latest.find(({ kind, shard }) => kind === schedule.kind && shard === schedule.shard);
        return presentSchedule(schedule, turn);
      }),
    };
  }

  cycles(query: CyclesQuery): Promise<Page<unknown>> {
    const { kind, shard, missed } = query.filters;
    const where = [
      ...(kind ? [{ condition: 'kind = ?', values: [kind] }] : []),
      ...(shard === undefined ? [] : [{ condition: 'shard = ?', values: [shard] }]),
      ...(missed === undefined ? [] : [{ condition: `missed IS ${missed ? 'NOT ' : ''}NULL`, values: [] }]),
    ];
    const list = {
      select: '*',
      from: RECENT,
      id: { expression: 'id', type: 'text' },
      sort: { due_at: { expression: 'due_at', type: 'timestamptz' } },
      where,
    };
    return listRows(this.database, list, query, ({ _at, _id, due_at, started_at, ...row }: ListedCycle) => ({
      ...row,
      due_at: due_at.toISOString(),
      started_at: started_at?.toISOString() ?? null,
    }));
  }
}

/** Kinds of probes are a word and the interval. */
const OF_PROBES = `kind ~ '^(ping|checks|snmp)-[0-9]+$' AND due_at > now() - interval '24 hours'`;
const PARTS = `kind || '-' || shard || '-' || extract(epoch FROM due_at)::bigint AS id, split_part(kind, '-', 1) AS kind,
  split_part(kind, '-', 2)::int AS interval_seconds, shard, due_at`;
const RECENT = `(
  SELECT ${PARTS}, started_at, duration_ms, targets, answered, failed, unknown, NULL::text AS missed FROM cycles WHERE ${OF_PROBES}
  UNION ALL
  SELECT ${PARTS}, NULL, NULL, NULL, NULL, NULL, NULL, reason FROM cycle_misses WHERE ${OF_PROBES}
) AS turns`;

function presentSchedule(schedule: Scheduled, turn: LatestTurn | undefined): ProbesDto['schedules'][number] {
  const { cycle, intervalSeconds, shard, devices, plannedShare } = schedule;
  const { dueAt = null, startedAt = null } = turn ?? {};
  return {
    kind: cycle,
    interval_seconds: intervalSeconds,
    shard,
    devices,
    last_due_at: dueAt?.toISOString() ?? null,
    last_started_at: startedAt?.toISOString() ?? null,
    last_duration_ms: turn?.durationMs ?? null,
    lag_ms: dueAt && startedAt ? startedAt.getTime() - dueAt.getTime() : null,
    answered: turn?.answered ?? null,
    failed: turn?.failed ?? null,
    unknown: turn?.unknown ?? null,
    planned_share: plannedShare === null ? null : Math.round(plannedShare * 1_000) / 1_000,
    missed_last_hour: turn?.missed ?? 0,
  };
}
