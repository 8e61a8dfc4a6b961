import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { EventFeed } from '../../platform/events/event-feed.client.js';
import { Leadership } from '../../platform/schedule/leadership.service.js';
import { Dispatcher } from './dispatcher.service.js';

/** Dispatches in one process at a time, and wakes up for what others tell. */
@Injectable()
export class DispatchDuty implements OnApplicationBootstrap {
  constructor(
    private readonly leadership: Leadership,
    private readonly feed: EventFeed,
    private readonly dispatcher: Dispatcher,
  ) {}

  onApplicationBootstrap(): void {
    const { dispatcher, feed } = this;
    feed.on('deliveries_due', () => dispatcher.wake());
    feed.on('alerts_changed', () => dispatcher.wake());
    feed.on('alert_rules_changed', () => dispatcher.rulesChanged());
    feed.on('channels_changed', () => dispatcher.channelsChanged());
    feed.onGap(() => dispatcher.channelsChanged());
    this.leadership.take({
      name: 'notification-dispatcher',
      work: (_lease, signal) => dispatcher.work(signal),
    });
  }
}
