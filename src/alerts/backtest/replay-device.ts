import { NOT_APPLICABLE, type Signal, signalKey, UNKNOWN } from '../../metrics/metric.js';
import type { HistoryRange, Track } from '../../metrics/signal-history.port.js';
import type { OpenAlert } from '../engine/alert.js';
import type { Condition, Operator } from '../engine/condition.js';
import { compileCondition, signalOf, signalsOf } from '../engine/language/compile-condition.js';
import { comparisonsOf } from '../engine/language/condition-parts.js';
import { leadingComparison } from '../engine/language/leading-comparison.js';
import { holdsBy, recoversBy } from '../engine/no-data.js';
import type { NoDataPolicy } from '../engine/rule.js';
import { type Timers, transition } from '../engine/transition.js';

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

/**
 * Plays the history of devices, one after the other, through the transition that the evaluator takes: at every moment at which a
 * value changed, a threshold on a time was crossed or a timer ripened. Between those nothing can happen.
 */
export class Replay {
  readonly signals: readonly Signal[];
  private readonly columns: ReadonlyMap<string, Float64Array>;
  private readonly condition;
  private readonly recovery;
  private readonly leading;
  /** Values that growing signals are compared with, by signal. */
  private readonly thresholds: readonly number[][];

  constructor(
    private readonly rule: ReplayedRule,
    private readonly range: HistoryRange,
  ) {
    const { condition, recoveryCondition } = rule;
    const all: Condition = recoveryCondition ? { all: [condition, recoveryCondition] } : condition;
    this.signals = signalsOf(all);
    this.columns = new Map(this.signals.map((signal) => [signalKey(signal), Float64Array.of(UNKNOWN)]));
    const columnOf = (signal: Signal) => this.columns.get(signalKey(signal))!;
    this.condition = compileCondition(condition, columnOf);
    this.recovery = recoveryCondition && compileCondition(recoveryCondition, columnOf);
    this.leading = leadingComparison(condition, columnOf);
    const comparisons = comparisonsOf(all).map(({ comparison }) => comparison);
    this.thresholds = this.signals.map((signal) => {
      const own = comparisons.filter((comparison) => signalKey(signalOf(comparison)) === signalKey(signal));
      return own.map(({ value }) => value);
    });
  }

  /** @param tracks one a signal, null where that says nothing about the device */
  run(tracks: readonly (Track | null)[]): ReplayedAlert[] {
    const { rule, range } = this;
    const cursors = tracks.map((track) => new Cursor(track));
    const moments = this.momentsOf(tracks);
    const alerts: ReplayedAlert[] = [];
    let open: OpenAlert | null = null;
    let firing: ReplayedAlert | null = null;
    let due = Infinity;
    for (let next = 0; next < moments.length || due < range.to;) {
      const now = Math.min(moments[next] ?? Infinity, due);
      if (now === moments[next]) next++;
      // What it had grown to until now.
      if (firing) this.raise(firing, cursors, now);
      for (const cursor of cursors) cursor.advance(now);
      this.place(cursors, now);
      const holds = holdsBy(rule.noData, this.condition(0));
      const recovered = this.recovery ? recoversBy(rule.noData, this.recovery(0)) : holds === null ? null : !holds;
      const step = transition(open, rule, { now, holds, recovered, suppression: null });
      open = step.state;
      due = step.dueAt !== null && step.dueAt > now ? step.dueAt : Infinity;
      if (step.events.some(({ kind }) => kind === 'fired')) {
        firing = { firedAt: now, resolvedAt: null, peak: null };
        alerts.push(firing);
      }
      if (firing && step.resolution) {
        firing.resolvedAt = now;
        firing = null;
      } else if (firing) this.raise(firing, cursors, now);
    }
    if (firing) this.raise(firing, cursors, range.to);
    return alerts;
  }

  private place(cursors: readonly Cursor[], now: number): void {
    this.signals.forEach((signal, index) => {
      this.columns.get(signalKey(signal))![0] = cursors[index]!.valueAt(now);
    });
  }

  private raise(alert: ReplayedAlert, cursors: readonly Cursor[], now: number): void {
    this.place(cursors, now);
    const found = this.leading(0);
    if (found) alert.peak = alert.peak === null ? found.value : worse(found.comparison.op, alert.peak, found.value);
  }

  /** In order, each once, from the begin of the range until before its end. */
  private momentsOf(tracks: readonly (Track | null)[]): Float64Array {
    const { from, to } = this.range;
    const moments: number[] = [from];
    const add = (at: number, end: number) => at > from && at < to && at < end && moments.push(at);
    tracks.forEach((track, index) => {
      track?.at.forEach((at, place) => {
        const end = track.at[place + 1] ?? Infinity;
        add(at, Infinity);
        if (track.slopes[place] === 0) return;
        for (const threshold of this.thresholds[index]!) {
          const crossed = at + (threshold - track.values[place]!) * 1_000;
          if (crossed < at) continue;
          add(crossed, end);
          // `>` and `<=` change just after it.
          add(crossed + 1, end);
        }
      });
    });
    const sorted = Float64Array.from(moments).sort();
    return sorted.filter((at, place) => at !== sorted[place - 1]);
  }
}

/** Where a track has got to. */
class Cursor {
  private place = -1;
  constructor(private readonly track: Track | null) {}

  advance(now: number): void {
    while (this.track && this.track.at[this.place + 1]! <= now) this.place++;
  }

  valueAt(now: number): number {
    if (!this.track) return NOT_APPLICABLE;
    if (this.place < 0) return UNKNOWN;
    const { at, values, slopes } = this.track;
    return values[this.place]! + (slopes[this.place]! * (now - at[this.place]!)) / 1_000;
  }
}

function worse(op: Operator, one: number, other: number): number {
  if (op === '>' || op === '>=') return Math.max(one, other);
  return op === '<' || op === '<=' ? Math.min(one, other) : other;
}
