import { NOT_APPLICABLE, type Signal, signalKey, UNKNOWN } from '../../metrics/metric.js';
import { HELD_BACK_BY, type HistoryRange, type Track } from '../../metrics/signal-history.port.js';
import type { OpenAlert, Suppression } from '../engine/alert.js';
import type { Condition, Operator } from '../engine/condition.js';
import { impliedRecovery } from '../engine/implied-recovery.js';
import { compileCondition, signalOf, signalsOf } from '../engine/language/compile-condition.js';
import { comparisonsOf } from '../engine/language/condition-parts.js';
import { leadingComparison } from '../engine/language/leading-comparison.js';
import { holdsBy, recoversBy } from '../engine/no-data.js';
import type { NoDataPolicy } from '../engine/rule.js';
import { type Timers, transition } from '../engine/transition.js';
import { TrackCursor } from './track-cursor.js';

/** What of a rule is replayed. */
export interface ReplayedRule extends Timers {
  condition: Condition;
  recoveryCondition: Condition | null;
  noData: NoDataPolicy;
}

/** What would have fired. Instants in ms since the epoch. */
export interface ReplayedAlert {
  firedAt: number;
  /** Null: it fired still when the range ended. */
  resolvedAt: number | null;
  /** The worst that the value got to while it fired. */
  peak: number | null;
}

export interface Replayed {
  alerts: ReplayedAlert[];
  /** For how much of the range it could be said whether the condition holds. */
  knownMs: number;
}

const SUPPRESSIONS: Readonly<Record<number, Suppression>> = {
  [HELD_BACK_BY.maintenance]: { by: 'maintenance', id: null },
  [HELD_BACK_BY.parent]: { by: 'parent', id: null },
};

/**
 * Plays the history of devices, one after the other, through the transition that the evaluator takes: at every moment at which a
 * value changed, a threshold on a time was crossed or a timer ripened. Between those nothing can happen.
 */
export class Replay {
  readonly signals: readonly Signal[];
  private readonly columns: readonly Float64Array[];
  private readonly condition;
  private readonly recovery;
  private readonly leading;
  /** How many of the signals are of the condition itself; those of the recovery come after them. */
  private readonly decisive: number;
  /** Values that growing signals are compared with, by signal. */
  private readonly thresholds: readonly number[][];

  constructor(
    private readonly rule: ReplayedRule,
    private readonly range: HistoryRange,
  ) {
    const { condition } = rule;
    const recovery = rule.recoveryCondition ?? impliedRecovery(condition);
    const all: Condition = recovery ? { all: [condition, recovery] } : condition;
    this.signals = signalsOf(all);
    this.decisive = signalsOf(condition).length;
    this.columns = this.signals.map(() => Float64Array.of(UNKNOWN));
    const places = new Map(this.signals.map((signal, place) => [signalKey(signal), place]));
    const placeOf = (signal: Signal) => places.get(signalKey(signal))!;
    const columnOf = (signal: Signal) => this.columns[placeOf(signal)]!;
    this.condition = compileCondition(condition, columnOf);
    this.recovery = recovery && compileCondition(recovery, columnOf);
    this.leading = leadingComparison(condition, columnOf);
    const comparisons = comparisonsOf(all).map(({ comparison }) => comparison);
    this.thresholds = this.signals.map((_, place) =>
      comparisons.flatMap((comparison) => (placeOf(signalOf(comparison)) === place ? [comparison.value] : [])),
    );
  }

  /** Whether the device of these tracks is a target of the rule. */
  applies(tracks: readonly (Track | null)[]): boolean {
    return tracks.slice(0, this.decisive).some((track) => track !== null);
  }

  /**
   * @param tracks one a signal, null where that says nothing about the device
   * @param heldBack what held its alerts back
   */
  run(tracks: readonly (Track | null)[], heldBack: Track): Replayed {
    const { rule } = this;
    const { from, to } = this.range;
    const values = tracks.map((track, place) => track && new TrackCursor(track, this.thresholds[place]!));
    const suppressions = new TrackCursor(heldBack, []);
    const alerts: ReplayedAlert[] = [];
    let open: OpenAlert | null = null;
    let firing: ReplayedAlert | null = null;
    let due = Infinity;
    let knownMs = 0;
    let before: [holds?: boolean | null, recovered?: boolean | null, heldBackBy?: number] = [];
    for (let now = from; now < to;) {
      // What it had grown to until now.
      if (firing) this.raise(firing, values, now);
      let next = suppressions.advance(now);
      for (const cursor of values) if (cursor) next = Math.min(next, cursor.advance(now));
      this.place(values, now);
      const verdict = this.condition(0);
      const holds = holdsBy(rule.noData, verdict);
      const recovered = this.recovery ? recoversBy(rule.noData, this.recovery(0)) : holds === null ? null : !holds;
      const heldBackBy = suppressions.valueAt(now);
      const judged: typeof before = [holds, recovered, heldBackBy];
      // The same again changes nothing until a timer ripens.
      if (now >= due || judged.some((one, place) => !Object.is(one, before[place]))) {
        before = judged;
        const step = transition(open, rule, { now, holds, recovered, suppression: SUPPRESSIONS[heldBackBy] ?? null });
        open = step.state;
        due = step.dueAt !== null && step.dueAt > now ? step.dueAt : Infinity;
        if (step.events.some(({ kind }) => kind === 'fired')) {
          firing = { firedAt: now, resolvedAt: null, peak: null };
          alerts.push(firing);
        }
        if (firing && step.resolution) {
          firing.resolvedAt = now;
          firing = null;
        }
      }
      if (firing) this.raise(firing, values, now);
      const until = Math.min(next, due, to);
      if (verdict !== null) knownMs += until - now;
      now = until;
    }
    if (firing) this.raise(firing, values, to);
    return { alerts, knownMs };
  }

  private place(cursors: readonly (TrackCursor | null)[], now: number): void {
    for (let index = 0; index < cursors.length; index++) {
      this.columns[index]![0] = cursors[index]?.valueAt(now) ?? NOT_APPLICABLE;
    }
  }

  private raise(alert: ReplayedAlert, cursors: readonly (TrackCursor | null)[], now: number): void {
    this.place(cursors, now);
    const found = this.leading(0);
    if (found) alert.peak = alert.peak === null ? found.value : worse(found.comparison.op, alert.peak, found.value);
  }
}

function worse(op: Operator, one: number, other: number): number {
  if (op === '>' || op === '>=') return Math.max(one, other);
  return op === '<' || op === '<=' ? Math.min(one, other) : other;
}
