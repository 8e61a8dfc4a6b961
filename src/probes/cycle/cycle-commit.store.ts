import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { SHARD_SIZE } from '../../devices/check-kind.js';
import type { Observation } from '../state/device-state.js';
import { eventColumns, stateColumns } from './cycle-columns.js';
import { bystanderOfRow, type CycleRow, deviceOfRow } from './cycle-rows.js';
import { CLAIM, ONE_SITE, READ } from './cycle-statements.js';
import { type BlindReason, type CanaryCount, judgeBlindness, looksBlind, type Sight } from './judge-blindness.js';
import { judgeCycle, type TurnMaintenance } from './judge-cycle.js';
import { type ProbeTurn, ringLength, turnsBetween } from './probe-turn.js';
import { type TurnLosses, weighLosses } from './weigh-losses.js';
import { writeStatement } from './write-statement.js';

/** A turn that was probed and is not written yet. */
export interface ProbedTurn {
  turn: ProbeTurn;
  /** When its probes began, ms since the epoch. */
  at: number;
  durationMs: number;
  /** Every device that it is about, also those in maintenance that were left alone. */
  nums: number[];
  observations: ReadonlyMap<number, Observation>;
  maintenance: ReadonlyMap<number, TurnMaintenance>;
  /** Null: it has no canaries. */
  canaries: CanaryCount | null;
  /** The settings name canaries, whether this turn pings them or not. */
  hasCanaries: boolean;
}

export interface CommittedTurn {
  answered: number;
  failed: number;
  unknown: number;
  events: number;
  missed: number;
  sight: Sight;
  /** The vantage point went blind or sees again with this turn. */
  sightChanged: boolean;
}

/** How many intervals the results of others may be old to say something about now. */
const RECENT_INTERVALS = 2;

/** Writes turns: each in one transaction of at most six statements, whole or not at all, and never twice. */
@Injectable()
export class CycleCommitStore {
  constructor(private readonly database: DataSource) {}

  /**
   * @param session to write through; by default one of the pool
   * @returns null when the turn has been written before
   */
  commit(probed: ProbedTurn, session: EntityManager = this.database.manager): Promise<CommittedTurn | null> {
    return session.transaction(async (manager) => {
      const { kind, shard, dueAt, intervalSeconds } = probed.turn;
      const [row] = await manager.query<{ claimed: number }[]>(CLAIM, [kind, shard, dueAt, intervalSeconds]);
      return row?.claimed === 1 ? this.judgeAndWrite(probed, manager) : null;
    });
  }

  private async judgeAndWrite(probed: ProbedTurn, manager: EntityManager): Promise<CommittedTurn> {
    const { turn, at, observations, maintenance } = probed;
    const rows = await this.read(probed, manager);
    const devices = rows.filter(({ part }) => part === 'device').map(deviceOfRow);
    const bystanders = rows.filter(({ part }) => part === 'bystander').flatMap((row) => bystanderOfRow(row) ?? []);
    const vantage = rows.find(({ part }) => part === 'vantage');
    const was: Sight = { blind: vantage?.blind === true, reason: (vantage?.reason ?? null) as BlindReason | null };
    const isInMaintenance = (num: number) => maintenance.has(num);
    const losses = weighLosses(devices, { dueAt: turn.dueAt.getTime(), observations, isInMaintenance });
    const sight = await this.judgeSight(probed, rows, { was, losses }, manager);
    const verdict = judgeCycle({ devices, bystanders, observations, maintenance, blind: sight.blind, at });
    // A schedule whose devices were all new or switched off was not missed while it was not there.
    const wasActive = devices.some(({ isProbed, state }) => isProbed && state && state.cause !== 'disabled');
    const { intervalSeconds, dueAt } = turn;
    const missed = wasActive ? turnsBetween(vantage?.last_due_at ?? null, dueAt.getTime(), intervalSeconds) : [];
    const counts = countOutcomes(observations);
    const sightChanged = sight.blind !== was.blind;
    const columns = { states: stateColumns(verdict.states), events: eventColumns(verdict.events) };
    await manager.query(writeStatement(columns), [
      ...columns.states.values,
      ...columns.events.values,
      turn.kind,
      turn.shard,
      dueAt,
      new Date(at),
      Math.round(probed.durationMs),
      probed.nums.length,
      counts.answered,
      counts.failed,
      counts.unknown,
      losses.candidates,
      losses.lost,
      ringLength(intervalSeconds),
      missed,
      ...(sightChanged || sight.reason !== was.reason ? [sight.blind, sight.reason] : [null, null]),
      turn.kind,
      dueAt.toISOString(),
    ]);
    return { ...counts, events: verdict.events.length, missed: missed.length, sight, sightChanged };
  }

  private read({ turn, nums, observations }: ProbedTurn, manager: EntityManager): Promise<CycleRow[]> {
    const failed = [...observations].filter(([, { outcome }]) => outcome === 'failed').map(([num]) => num);
    const first = turn.shard * SHARD_SIZE;
    return manager.query(READ, [nums, failed, first, first + SHARD_SIZE - 1, turn.kind, turn.shard, turn.dueAt]);
  }

  private async judgeSight(
    probed: ProbedTurn,
    rows: CycleRow[],
    { was, losses }: { was: Sight; losses: TurnLosses },
    manager: EntityManager,
  ): Promise<Sight> {
    const others = rows.filter(({ part }) => part === 'cycle');
    const sum = (of: (row: CycleRow) => number | null) => others.reduce((total, row) => total + (of(row) ?? 0), 0);
    const all = {
      candidates: losses.candidates + sum(({ candidates }) => candidates),
      lost: losses.lost + sum(({ lost }) => lost),
    };
    const pingsRun = probed.turn.cycle === 'ping' || others.some(({ kind }) => kind?.startsWith('ping-'));
    return judgeBlindness({
      was,
      losses: all,
      canaries: probed.canaries,
      canariesWatched: probed.hasCanaries && pingsRun,
      oneSite: looksBlind(all) && (await this.isOneSite(probed, losses, was, manager)),
    });
  }

  private async isOneSite(
    { turn, nums }: ProbedTurn,
    { lost, lostSites, answeringSites }: TurnLosses,
    was: Sight,
    manager: EntityManager,
  ): Promise<boolean> {
    // Who loses nothing has nothing to say about the losses of others: they were judged when they happened.
    if (lost === 0) return !was.blind;
    const [site] = lostSites;
    if (lostSites.size > 1 || !site) return false;
    const since = new Date(turn.dueAt.getTime() - RECENT_INTERVALS * turn.intervalSeconds * 1_000);
    const [others] = await manager.query<{ answers_elsewhere: boolean; lost_elsewhere: boolean }[]>(ONE_SITE, [
      site,
      nums,
      since,
    ]);
    const answersHere = [...answeringSites].some((each) => each !== site);
    return !others?.lost_elsewhere && (answersHere || others?.answers_elsewhere === true);
  }
}

function countOutcomes(observations: ReadonlyMap<number, Observation>) {
  const counts = { answered: 0, failed: 0, unknown: 0 };
  for (const { outcome } of observations.values()) counts[outcome === 'ok' ? 'answered' : outcome]++;
  return counts;
}
