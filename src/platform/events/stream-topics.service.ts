import { Injectable } from '@nestjs/common';
import type { Notice, NoticeKind, NoticeOf } from './notice.js';
import type { StreamEvent } from './stream-catalogue.js';

/** Reads what a notice only hints at. Called for one notice at a time, in their order. */
export type Translate<Kind extends NoticeKind> = (notice: NoticeOf<Kind>) => Promise<StreamEvent[]>;

/** More events than this of one notice are told as one `reset`. */
export const MOST_EVENTS_OF_A_NOTICE = 500;

/**
 * By which features say how notices become events of the stream, so that the stream knows no feature. Register when the module
 * starts, in a provider of the feature's API face; `EventsModule` is global.
 *
 * A translation that fails or takes longer than 5 s is told as a `reset`, and so is one of more than
 * {@link MOST_EVENTS_OF_A_NOTICE} events: return at most one more than that, the rest need not be read. Clients read the lists again
 * then, so nothing is ever missing silently. Nobody translates while no client listens.
 *
 * @example
 * ```ts
 * @Injectable()
 * export class DeviceStateTopic implements OnModuleInit {
 *   constructor(private readonly topics: StreamTopics, private readonly events: StateEventStore) {}
 *
 *   onModuleInit(): void {
 *     this.topics.register('probe_cycle', async ({ events }) => {
 *       if (!events) return [];
 *       const rows = await this.events.between(events.first, events.last, MOST_EVENTS_OF_A_NOTICE + 1);
 *       return rows.map((row) => ({ event: 'device.state', data: stateEventDocument(row) }));
 *     });
 *   }
 * }
 * ```
 */
@Injectable()
export class StreamTopics {
  private readonly translations = new Map<NoticeKind, Translate<NoticeKind>>();

  /** @throws Error when the kind has a translation already: two would tell everything twice */
  register<Kind extends NoticeKind>(kind: Kind, translate: Translate<Kind>): void {
    if (this.translations.has(kind)) throw new Error(`The notice ${kind} has a translation for the stream already`);
    this.translations.set(kind, translate as unknown as Translate<NoticeKind>);
  }

  /** Kinds of notices that become events. */
  get kinds(): NoticeKind[] {
    return [...this.translations.keys()];
  }

  /** @throws whatever the translation throws */
  async translate(notice: Notice): Promise<StreamEvent[]> {
    return (await this.translations.get(notice.kind)?.(notice)) ?? [];
  }
}
