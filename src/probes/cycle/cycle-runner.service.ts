import { Injectable, Logger } from '@nestjs/common';
import { type DeviceMaintenance, MaintenanceCalendar } from '../../devices/calendar/maintenance-calendar.service.js';
import { AdvisoryLock, type Lease } from '../../platform/database/advisory-lock.store.js';
import type { JobContext } from '../../platform/queue/job-handler.decorator.js';
import { CycleStore } from '../../platform/queue/cycle.store.js';
import { OutageLog } from '../../platform/queue/outage-log.js';
import { CycleCommitter } from './cycle-committer.service.js';
import type { TurnMaintenance } from './judge-cycle.js';
import { Prober } from './prober.service.js';
import { ProbeTargetStore } from './probe-target.store.js';
import { cycleKind, type ProbeCycle, type ProbeTurn } from './probe-turn.js';

/** The share of the interval that probes may take; the rest is for writing. */
const PROBE_SHARE = 0.9;
/** With less of the interval left, a turn would call devices silent that had no time to answer. */
const LEAST_SHARE = 0.25;
/** A worker that is silent for this long has lost its turn. */
const LEASE_MS = 15_000;

/** What a job of a cycle answers. */
export type CycleOutcome =
  | { kind: 'done'; targets: number; answered: number; failed: number; unknown: number; events: number }
  /** Somebody else has written this turn. */
  | { kind: 'repeated' }
  /** The turn before was still running. */
  | { kind: 'overlap' }
  /** Too little of the interval was left. */
  | { kind: 'late' };

/** Runs one turn of one shard: who is due, probing, writing. Turns of one schedule never overlap. */
@Injectable()
export class CycleRunner {
  private readonly log = new Logger('Probes');
  private readonly calendarOutage = new OutageLog('The maintenance calendar', this.log);
  private lastCalendar: ReadonlyMap<number, TurnMaintenance> = new Map();

  constructor(
    private readonly lock: AdvisoryLock,
    private readonly targets: ProbeTargetStore,
    private readonly calendar: MaintenanceCalendar,
    private readonly prober: Prober,
    private readonly committer: CycleCommitter,
    private readonly cycles: CycleStore,
  ) {}

  /** @param payload of the job; its slot says which turn it is, without one (the clock was set back) it is a turn of its own */
  async run(
    cycle: ProbeCycle,
    { intervalSeconds, shard }: { intervalSeconds: number; shard: number },
    { slot, signal }: Pick<JobContext, 'slot' | 'signal'>,
  ): Promise<CycleOutcome> {
    const kind = cycleKind(cycle, intervalSeconds);
    const turn: ProbeTurn = { cycle, kind, shard, intervalSeconds, dueAt: slot?.dueAt ?? new Date() };
    const result = await this.lock.tryWithLock(`${kind}/${shard}`, { leaseMs: LEASE_MS }, (lease) =>
      this.turn(turn, lease, signal),
    );
    if (result.acquired) return result.value;
    await this.cycles.recordMiss(turn, 'overlap');
    this.log.warn(`Cycle ${kind} of shard ${shard} is skipped: the one before still runs`);
    return { kind: 'overlap' };
  }

  private async turn(turn: ProbeTurn, lease: Lease, signal: AbortSignal): Promise<CycleOutcome> {
    const started = performance.now();
    const at = Date.now();
    const intervalMs = turn.intervalSeconds * 1_000;
    // Never later than planned, and when clocks differ never more than a whole share.
    const budgetMs = Math.min(PROBE_SHARE * intervalMs, turn.dueAt.getTime() + PROBE_SHARE * intervalMs - at);
    if (budgetMs < LEAST_SHARE * intervalMs) {
      await this.cycles.recordMiss(turn, 'late');
      return { kind: 'late' };
    }
    const [targets, maintenance] = await Promise.all([
      this.targets.targetsOf(turn, lease.manager),
      this.calendarAt(at),
    ]);
    const due = targets.filter(({ num }) => maintenance.get(num)?.collect !== false);
    const probed = await this.prober.probe(turn.cycle, due, { at, budgetMs, signal });
    signal.throwIfAborted();
    const committed = await this.committer.commit(
      {
        ...probed,
        turn,
        at,
        maintenance,
        durationMs: performance.now() - started,
        nums: targets.map(({ num }) => num),
      },
      lease,
      signal,
    );
    if (!committed) return { kind: 'repeated' };
    const { answered, failed, unknown, events } = committed;
    return { kind: 'done', targets: targets.length, answered, failed, unknown, events };
  }

  /** A calendar that cannot be read must not end all monitoring: the last one that could be goes on. */
  private async calendarAt(at: number): Promise<ReadonlyMap<number, TurnMaintenance>> {
    try {
      const maintenance = new Map<number, TurnMaintenance>();
      for (const [num, window] of await this.calendar.at(new Date(at))) maintenance.set(num, turnMaintenance(window));
      this.calendarOutage.succeeded(new Date());
      this.lastCalendar = maintenance;
    } catch (error) {
      this.calendarOutage.failed(error, new Date());
    }
    return this.lastCalendar;
  }
}

function turnMaintenance({ since, until, collect, countsAsDowntime }: DeviceMaintenance): TurnMaintenance {
  return { since: since.getTime(), until: until.getTime(), collect, excused: !countsAsDowntime };
}
