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

/**
 * From going down until it is up again. What it was unknown, unreachable or excused in between does not end it: it was not seen up.
 * Ms since the epoch.
 */
export interface Outage {
  /** The begin of the range when it began before. */
  from: number;
  /** When it was up again; null when it was not at the end of the range. */
  to: number | null;
  /** Only those down. */
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
  /** Mean time between failures: time up per outage; null without one, and when it was never up. */
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
  private state: DeviceStateName = 'unknown';
  private excused = false;
  private cause = '';
  private readonly ms: Record<Kind, number> = { up: 0, down: 0, unreachable: 0, unknown: 0, maintenance: 0 };
  private outage: Outage | null = null;
  private outages = 0;
  private repairedSeconds = 0;
  private repaired = 0;
  private readonly list: Outage[] = [];

  /** @param knownUntil nothing is known after it: it is not probed any more */
  constructor(
    private readonly range: TimeRange,
    private readonly knownUntil = Infinity,
  ) {
    this.at = range.from;
  }

  add({ at, to, excused, cause }: AvailabilityEvent): void {
    this.advance(at);
    if (at >= this.range.to) return;
    this.state = to;
    this.excused = excused;
    this.cause = cause;
  }

  result(): Availability {
    this.advance(this.range.to);
    this.endOutage(null);
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
      mttrSeconds: this.repaired > 0 ? this.repairedSeconds / this.repaired : null,
      mtbfSeconds: this.outages > 0 && up > 0 ? up / this.outages / 1_000 : null,
    };
  }

  /** Books the time up to an instant under what the device was in. */
  private advance(to: number): void {
    if (this.at < this.knownUntil && this.knownUntil < to) this.book(this.knownUntil);
    this.book(to);
  }

  private book(to: number): void {
    const until = Math.min(to, this.range.to);
    if (until <= this.at) return;
    const lengthMs = until - this.at;
    const state = this.at < this.knownUntil ? this.state : 'unknown';
    const kind = this.excused ? 'maintenance' : state;
    this.ms[kind] += lengthMs;
    if (kind === 'down') this.lengthenOutage(lengthMs / 1_000);
    else if (state === 'up') this.endOutage(this.at);
    this.at = until;
  }

  private lengthenOutage(seconds: number): void {
    if (!this.outage) {
      this.outage = { from: this.at, to: null, seconds: 0, cause: this.cause };
      this.outages++;
    }
    this.outage.seconds += seconds;
  }

  /** @param to null: nobody saw it up again */
  private endOutage(to: number | null): void {
    if (!this.outage) return;
    if (to !== null) {
      this.repairedSeconds += this.outage.seconds;
      this.repaired++;
    }
    this.list.push({ ...this.outage, to });
    if (this.list.length > MAX_OUTAGES) this.list.shift();
    this.outage = null;
  }
}

/** The whole of it at once. */
export function availability(range: TimeRange, events: Iterable<AvailabilityEvent>, knownUntil?: number): Availability {
  const tally = new AvailabilityTally(range, knownUntil);
  for (const event of events) tally.add(event);
  return tally.result();
}
