import type { DeviceStateName } from '../../state/device-state.js';
import type { TimeRange } from '../time-range.js';

/** A row of `state_events`: from `at` on the device was in the state `to`. */
export interface AvailabilityEvent {
  /** Ms since the epoch. */
  at: number;
  to: DeviceStateName;
  /** In a maintenance that does not count as downtime. */
  excused: boolean;
  cause: string;
}

/** Time down without a break. Ms since the epoch. */
export interface Outage {
  /** The begin of the range when it began before. */
  from: number;
  /** Null when it was not over at the end of the range. */
  to: number | null;
  seconds: number;
  cause: string;
}

/** What became of every second of a range: the five sums add up to it. */
export interface Availability {
  secondsUp: number;
  secondsDown: number;
  /** Behind a parent that was down: nothing is known of the device, and it was not its fault. */
  secondsUnreachable: number;
  secondsUnknown: number;
  /** Excused maintenance, whatever the state was meanwhile. */
  secondsMaintenance: number;
  /** Up of up and down. Null when it was neither for a second: nothing is known. */
  percent: number | null;
  /** How many there were. */
  outages: number;
  /** The last {@link MAX_OUTAGES} of them, oldest first. */
  outageList: Outage[];
  /** Mean time to repair: the mean length of the outages that are over; null when none is. */
  mttrSeconds: number | null;
  /** Mean time between failures: time up per outage; null without one. */
  mtbfSeconds: number | null;
}

/** More outages than this are counted, and only the last ones listed. */
export const MAX_OUTAGES = 1_000;

type Kind = DeviceStateName | 'maintenance';

/**
 * Adds up what one device was in, event by event, in constant memory.
 *
 * The events come in the order of `(at, id)`, the last one before the range first: it says in which state the range begins. Before the
 * first event of all, the device is unknown. An event at the very end of the range, or after it, says nothing of the range. Soft
 * states are no events: only what was confirmed counts. Overlapping maintenance windows are one: events say whether the device is
 * excused, not by which.
 */
export class AvailabilityTally {
  private at: number;
  private kind: Kind = 'unknown';
  private cause = '';
  private readonly ms: Record<Kind, number> = { up: 0, down: 0, unreachable: 0, unknown: 0, maintenance: 0 };
  private outageFrom: number | null = null;
  private outageCause = '';
  private outages = 0;
  private repairedMs = 0;
  private repaired = 0;
  private readonly list: Outage[] = [];

  constructor(private readonly range: TimeRange) {
    this.at = range.from;
  }

  add({ at, to, excused, cause }: AvailabilityEvent): void {
    this.advance(at);
    if (at >= this.range.to) return;
    this.kind = excused ? 'maintenance' : to;
    this.cause = cause;
  }

  result(): Availability {
    this.advance(this.range.to);
    if (this.outageFrom !== null) this.endOutage(null);
    const { up, down, unreachable, unknown, maintenance } = this.ms;
    return {
      secondsUp: up / 1_000,
      secondsDown: down / 1_000,
      secondsUnreachable: unreachable / 1_000,
      secondsUnknown: unknown / 1_000,
      secondsMaintenance: maintenance / 1_000,
      percent: up + down > 0 ? (up / (up + down)) * 100 : null,
      outages: this.outages,
      outageList: this.list,
      mttrSeconds: this.repaired > 0 ? this.repairedMs / this.repaired / 1_000 : null,
      mtbfSeconds: this.outages > 0 ? up / this.outages / 1_000 : null,
    };
  }

  /** Books the time up to an instant under what the device was in. */
  private advance(to: number): void {
    const until = Math.min(to, this.range.to);
    if (until <= this.at) return;
    this.ms[this.kind] += until - this.at;
    if (this.kind === 'down') this.beginOutage();
    else if (this.outageFrom !== null) this.endOutage(this.at);
    this.at = until;
  }

  private beginOutage(): void {
    if (this.outageFrom !== null) return;
    this.outageFrom = this.at;
    this.outageCause = this.cause;
    this.outages++;
  }

  private endOutage(to: number | null): void {
    const from = this.outageFrom!;
    const lengthMs = (to ?? this.range.to) - from;
    this.outageFrom = null;
    if (to !== null) {
      this.repairedMs += lengthMs;
      this.repaired++;
    }
    this.list.push({ from, to, seconds: lengthMs / 1_000, cause: this.outageCause });
    if (this.list.length > MAX_OUTAGES) this.list.shift();
  }
}

/** The whole of it at once. */
export function availability(range: TimeRange, events: Iterable<AvailabilityEvent>): Availability {
  const tally = new AvailabilityTally(range);
  for (const event of events) tally.add(event);
  return tally.result();
}
