import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { SHARD_SIZE } from '../../devices/check-kind.js';
import type { Observation } from '../state/device-state.js';
import { eventColumns, numbersArray, stateColumns } from './cycle-columns.js';
import { bystanderOfRow, type CycleRow, deviceOfRow } from './cycle-rows.js';
import { CLAIM, ONE_SITE, READ } from './cycle-statements.js';
import {
  type BlindReason,
  type CanaryCount,
  judgeBlindness,
  looksBlind,
  type Losses,
  type Sight,
} from './judge-blindness.js';
import { judgeCycle, type TurnMaintenance } from './judge-cycle.js';
import type { JudgedDevice } from './judged-device.js';
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
  /** Null: there are none. */
  canaries: CanaryCount | null;
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
    const intervalMs = turn.intervalSeconds * 1_000;
    const rows = await this.read(probed, manager);
    const devices = rows.filter(({ part }) => part === 'device').map(deviceOfRow);
    const bystanders = rows.filter(({ part }) => part === 'bystander').flatMap((row) => bystanderOfRow(row) ?? []);
    const vantage = rows.find(({ part }) => part === 'vantage');
    const was: Sight = { blind: vantage?.blind === true, reason: (vantage?.reason ?? null) as BlindReason | null };
    const isInMaintenance = (num: number) => maintenance.has(num);
    const losses = weighLosses(devices, { dueAt: turn.dueAt.getTime(), observations, isInMaintenance });
    const sight = await this.judgeSight(probed, rows, { was, losses }, manager);
    const verdict = judgeCycle({ devices, bystanders, observations, maintenance, blind: sight.blind, at, intervalMs });
    const missed = turnsMissed(devices, vantage?.last_due_at ?? null, turn);
    const counts = countOutcomes(observations);
    const sightChanged = sight.blind !== was.blind;
    const columns = { states: stateColumns(verdict.states), events: eventColumns(verdict.events) };
    await manager.query(writeStatement(columns), [
      ...columns.states.values,
      ...columns.events.values,
      turn.kind,
      turn.shard,
      turn.dueAt,
      new Date(at),
      Math.round(probed.durationMs),
      probed.nums.length,
      counts.answered,
      counts.failed,
      counts.unknown,
      losses.candidates,
      losses.lost,
      losses.explained,
      ringLength(turn.intervalSeconds),
      missed,
      ...(sightChanged || sight.reason !== was.reason ? [sight.blind, sight.reason] : [null, null]),
      turn.kind,
      turn.dueAt.toISOString(),
      intervalMs,
    ]);
    return { ...counts, events: verdict.events.length, missed: missed.length, sight, sightChanged };
  }

  private read({ turn, nums, observations }: ProbedTurn, manager: EntityManager): Promise<CycleRow[]> {
    const failed = [...observations].filter(([, { outcome }]) => outcome === 'failed').map(([num]) => num);
    const first = turn.shard * SHARD_SIZE;
    return manager.query(READ, [
      numbersArray(nums),
      numbersArray(failed),
      first,
      first + SHARD_SIZE - 1,
      turn.kind,
      turn.shard,
      turn.dueAt,
    ]);
  }

  private async judgeSight(
    probed: ProbedTurn,
    rows: CycleRow[],
    { was, losses }: { was: Sight; losses: TurnLosses },
    manager: EntityManager,
  ): Promise<Sight> {
    const others = rows.filter(({ part }) => part === 'cycle');
    const began = probed.turn.dueAt.getTime() - probed.turn.intervalSeconds * 1_000;
    const all = addLosses(
      losses,
      others.filter(({ started_at: startedAt }) => startedAt !== null && startedAt >= began),
    );
    return judgeBlindness({
      was,
      losses: all,
      widerLosses: addLosses(losses, others),
      canaries: probed.canaries,
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
    if (lostSites.has(null)) return false;
    const since = new Date(turn.dueAt.getTime() - RECENT_INTERVALS * turn.intervalSeconds * 1_000);
    const [found] = await manager.query<{ one_site: boolean }[]>(ONE_SITE, [
      [...lostSites],
      [...answeringSites],
      numbersArray(nums),
      since,
    ]);
    return found?.one_site === true;
  }
}

function addLosses(own: Losses, others: readonly CycleRow[]): Losses {
  const sum = (of: (row: CycleRow) => number | null) => others.reduce((total, row) => total + (of(row) ?? 0), 0);
  return {
    candidates: own.candidates + sum(({ candidates }) => candidates),
    lost: own.lost + sum(({ lost }) => lost),
    explained: own.explained + sum(({ explained }) => explained),
  };
}

/** A schedule whose devices were all new, switched off or probed by another one was not missed while it was not there. */
function turnsMissed(devices: readonly JudgedDevice[], lastDueAt: number | null, turn: ProbeTurn): number[] {
  const nearMs = RECENT_INTERVALS * turn.intervalSeconds * 1_000;
  const wasActive = devices.some(({ isProbed, state }) => {
    if (!isProbed || lastDueAt === null || !state || state.lastAt === null || state.cause === 'disabled') return false;
    return Math.abs(state.lastAt - lastDueAt) <= nearMs;
  });
  return wasActive ? turnsBetween(lastDueAt, turn.dueAt.getTime(), turn.intervalSeconds) : [];
}

function countOutcomes(observations: ReadonlyMap<number, Observation>) {
  const counts = { answered: 0, failed: 0, unknown: 0 };
  for (const { outcome } of observations.values()) counts[outcome === 'ok' ? 'answered' : outcome]++;
  return counts;
}
