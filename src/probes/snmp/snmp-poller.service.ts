import { Injectable, Logger } from '@nestjs/common';
import { AdvisoryLock, type Lease } from '../../platform/database/advisory-lock.store.js';
import type { CycleSlot } from '../../platform/queue/cycle-slot.js';
import { CycleStore } from '../../platform/queue/cycle.store.js';
import { countAgents } from './agent-outcome.js';
import { ItemReader } from './item-reader.service.js';
import { SnmpCommitStore } from './snmp-commit.store.js';
import { SnmpItemsStore } from './snmp-items.store.js';
import { snmpKind } from './snmp-schedule.store.js';

/** What a job answers. */
export type PollOutcome =
  | { kind: 'done'; targets: number; answered: number; failed: number; unknown: number; items: number; errors: number }
  /** Somebody else has written this turn. */
  | { kind: 'repeated' }
  /** The turn before was still running. */
  | { kind: 'overlap' }
  /** Too little of the interval was left. */
  | { kind: 'late' };

/** The share of the interval that agents may take; the rest is for writing. */
const POLL_SHARE = 0.9;
/** With less of the interval left, a turn would call agents silent that had no time to answer. */
const LEAST_SHARE = 0.25;
/** A worker that is silent for this long has lost its turn. */
const LEASE_MS = 15_000;

/** Runs one turn of one interval and shard: who is due, asking, writing. Turns of one schedule never overlap. */
@Injectable()
export class SnmpPoller {
  private readonly log = new Logger('Snmp');

  constructor(
    private readonly items: SnmpItemsStore,
    private readonly reader: ItemReader,
    private readonly store: SnmpCommitStore,
    private readonly locks: AdvisoryLock,
    private readonly cycles: CycleStore,
  ) {}

  /** @param slot which turn it is; without one (the clock was set back) it is a turn of its own */
  async poll(
    { intervalSeconds, shard }: { intervalSeconds: number; shard: number },
    { slot, signal }: { slot?: CycleSlot | undefined; signal: AbortSignal },
  ): Promise<PollOutcome> {
    const kind = snmpKind(intervalSeconds);
    const turn = { kind, shard, intervalSeconds, dueAt: slot?.dueAt ?? new Date() };
    const result = await this.locks.tryWithLock(`${kind}/${shard}`, { leaseMs: LEASE_MS }, (lease) =>
      this.turn(turn, lease, signal),
    );
    if (result.acquired) return result.value;
    await this.cycles.recordMiss(turn, 'overlap');
    this.log.warn(`The turn ${kind} of shard ${shard} is skipped: the one before still runs`);
    return { kind: 'overlap' };
  }

  private async turn(
    turn: { kind: string; shard: number; intervalSeconds: number; dueAt: Date },
    lease: Lease,
    stop: AbortSignal,
  ): Promise<PollOutcome> {
    const started = performance.now();
    const startedAt = new Date();
    const intervalMs = turn.intervalSeconds * 1_000;
    const late = startedAt.getTime() - turn.dueAt.getTime();
    // Never later than planned, and when clocks differ never more than a whole share.
    const budgetMs = POLL_SHARE * intervalMs - Math.max(0, late);
    if (budgetMs < LEAST_SHARE * intervalMs) {
      await this.cycles.recordMiss(turn, 'late');
      return { kind: 'late' };
    }
    const due = await this.items.due(turn.intervalSeconds, turn.shard, lease.manager);
    const agents = await this.reader.read(due, budgetMs, AbortSignal.any([stop, lease.signal]));
    // Half a turn because the worker stops is no turn.
    stop.throwIfAborted();
    await lease.assertHeld();
    const results = agents.flat();
    const counts = countAgents(agents);
    const changes = due.map(({ changedAt }) => changedAt.getTime());
    const written = await this.store.commit(
      {
        ...turn,
        startedAt,
        durationMs: performance.now() - started,
        agents: counts,
        results,
        activeSince: changes.length > 0 ? new Date(changes.reduce((first, at) => Math.min(first, at))) : null,
      },
      lease.manager,
    );
    if (!written) return { kind: 'repeated' };
    const errors = results.filter(({ status }) => status === 1).length;
    return { kind: 'done', ...counts, items: results.length, errors };
  }
}
