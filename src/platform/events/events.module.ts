import { type DynamicModule, Module } from '@nestjs/common';
import type { DatabaseConnection } from '../database/connection.js';
import { EventBus } from './event-bus.store.js';
import { EventFeed, FeedTimes } from './event-feed.client.js';
import { StreamTopics } from './stream-topics.service.js';

/** Notices between processes over PostgreSQL. Needs the global `DataSource`; opens its own connection only for who listens. */
@Module({})
export class EventsModule {
  static forRoot(connection: DatabaseConnection): DynamicModule {
    return {
      module: EventsModule,
      global: true,
      providers: [
        EventBus,
        StreamTopics,
        FeedTimes,
        { provide: EventFeed, inject: [FeedTimes], useFactory: (times: FeedTimes) => new EventFeed(connection, times) },
      ],
      exports: [EventBus, EventFeed, StreamTopics],
    };
  }
}
