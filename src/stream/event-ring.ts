import type { StreamEventName } from '../platform/events/stream-catalogue.js';
import { eventFrame, eventId, numberOf } from './event-frame.js';

/** An event as it is kept and sent. */
export interface KeptEvent {
  number: number;
  name: StreamEventName;
  /** The device that it is about; null for what is about none. */
  device: string | null;
  frame: string;
}

/** What a client that comes back is owed. */
export type Replay = { missed: 'unknown_id' | 'too_old' } | { events: KeptEvent[] };

/** The last events, numbered without a hole. */
export class EventRing {
  private readonly events: KeptEvent[] = [];
  private number = 0;
  /** Events up to this number are no longer here. */
  private forgotten = 0;

  /**
   * @param epoch of the process: letters and digits
   * @param kept how many events
   */
  constructor(
    private readonly epoch: string,
    private readonly kept: number,
  ) {}

  /** The id of the last event. */
  get lastId(): string {
    return eventId(this.epoch, this.number);
  }

  /** @param data JSON */
  add(name: StreamEventName, data: string, device: string | null): KeptEvent {
    const number = ++this.number;
    const event = { number, name, device, frame: eventFrame(this.lastId, name, data) };
    this.events.push(event);
    if (this.events.length > this.kept) this.forgotten = this.events.shift()!.number;
    return event;
  }

  /** Something happened that is not kept: who comes back with an id of before has missed it. */
  skip(): void {
    this.events.length = 0;
    this.forgotten = ++this.number;
  }

  /** What came after an id, oldest first. */
  after(id: string): Replay {
    const number = numberOf(this.epoch, id);
    if (number === null || number > this.number) return { missed: 'unknown_id' };
    if (number < this.forgotten) return { missed: 'too_old' };
    return { events: this.events.filter((event) => event.number > number) };
  }
}
