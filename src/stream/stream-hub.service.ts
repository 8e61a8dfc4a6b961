import { randomBytes } from 'node:crypto';
import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { EventFeed } from '../platform/events/event-feed.client.js';
import type { Notice } from '../platform/events/notice.js';
import type { StreamData, StreamEvent } from '../platform/events/stream-catalogue.js';
import { MOST_EVENTS_OF_A_NOTICE, StreamTopics } from '../platform/events/stream-topics.service.js';
import { within } from '../platform/observability/time-limit.js';
import { eventFrame, heartbeatFrame, retryFrame } from './event-frame.js';
import { EventRing, type Replay } from './event-ring.js';
import { StreamClients } from './stream-clients.service.js';
import type { StreamConnection } from './stream-connection.client.js';
import { wants } from './stream-filter.js';
import { StreamLimits } from './stream-limits.js';

type ResetReason = StreamData<'reset'>['reason'];
/** What waits to be told. */
type Waiting = Notice | { kind: 'reset'; reason: ResetReason };

/** Between two lines about translations that fail: while the database is away all of them do. */
const FAILURE_LINE_EVERY_MS = 60_000;

/**
 * Makes events of the notices of all processes, one notice after the other, keeps the last of them and tells the open streams.
 * Whatever cannot be told becomes a `reset`, so that no client believes to know what it does not.
 */
@Injectable()
export class StreamHub implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly log = new Logger('Stream');
  private readonly ring: EventRing;
  private readonly waiting: Waiting[] = [];
  private working: Promise<void> | undefined;
  private toldFailureAt = -Infinity;
  private beating: NodeJS.Timeout | undefined;
  private subscriptions: (() => void)[] = [];

  constructor(
    private readonly feed: EventFeed,
    private readonly topics: StreamTopics,
    private readonly clients: StreamClients,
    private readonly limits: StreamLimits,
  ) {
    this.ring = new EventRing(randomBytes(5).toString('hex'), limits.keptEvents);
  }

  onApplicationBootstrap(): void {
    this.subscriptions = [
      this.feed.onGap(() => this.take({ kind: 'reset', reason: 'gap' })),
      ...this.topics.kinds.map((kind) => this.feed.on(kind, (notice) => this.take(notice))),
    ];
    this.beating = setInterval(() => this.clients.tellAll(heartbeatFrame(this.ring.lastId)), this.limits.heartbeatMs);
    this.beating.unref();
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.beating);
    for (const end of this.subscriptions) end();
    this.waiting.length = 0;
    await this.working;
  }

  /** Begins a stream: with what its client missed since the event of that id, or with a `reset` when that cannot be told. */
  begin(connection: StreamConnection, lastEventId: string | null): void {
    const owed = lastEventId === null ? '' : this.replay(connection, this.ring.after(lastEventId));
    connection.send(`${retryFrame(this.limits.retryMs)}${owed}${heartbeatFrame(this.ring.lastId)}`);
    this.clients.add(connection);
  }

  private replay({ filter }: StreamConnection, replay: Replay): string {
    if ('missed' in replay) return this.resetFrame(replay.missed);
    const wanted = replay.events.filter((event) => wants(filter, event));
    const frames = wanted.map(({ frame }) => frame).join('');
    return Buffer.byteLength(frames) > this.limits.unreadBytes / 2 ? this.resetFrame('too_old') : frames;
  }

  /** For one client alone: the others have missed nothing. */
  private resetFrame(reason: ResetReason): string {
    return eventFrame(this.ring.lastId, 'reset', JSON.stringify({ reason }));
  }

  private take(next: Waiting): void {
    if (!this.clients.attended) return this.ring.skip();
    if (this.waiting.length >= this.limits.waitingNotices) {
      this.waiting.length = 0;
      this.waiting.push({ kind: 'reset', reason: 'too_many' });
    }
    this.waiting.push(next);
    this.working ??= this.work().finally(() => (this.working = undefined));
  }

  private async work(): Promise<void> {
    for (let next = this.waiting.shift(); next; next = this.waiting.shift()) {
      const events = next.kind === 'reset' ? reset(next.reason) : await this.eventsOf(next);
      for (const event of events) this.tell(event);
    }
  }

  private async eventsOf(notice: Notice): Promise<StreamEvent[]> {
    try {
      const events = await within(this.limits.translationMs, this.topics.translate(notice));
      return events.length > MOST_EVENTS_OF_A_NOTICE ? reset('too_many') : events;
    } catch (error) {
      if (performance.now() - this.toldFailureAt > FAILURE_LINE_EVERY_MS) {
        this.toldFailureAt = performance.now();
        const why = error instanceof Error ? error.message : String(error);
        this.log.warn(`What a notice ${notice.kind} says could not be read (${why}); clients of the stream read anew`);
      }
      return reset('gap');
    }
  }

  private tell(event: StreamEvent): void {
    const data = JSON.stringify(event.data);
    if (Buffer.byteLength(data) > this.limits.eventBytes) return reset('too_many').forEach((each) => this.tell(each));
    const device = event.event === 'device.state' ? event.data.device_id : null;
    this.clients.tell(this.ring.add(event.event, data, device));
  }
}

function reset(reason: ResetReason): StreamEvent[] {
  return [{ event: 'reset', data: { reason } }];
}
