import type { EventFeed } from '../../platform/events/event-feed.client.js';
import type { Leadership } from '../../platform/schedule/leadership.service.js';
import { DispatchDuty } from './dispatch-duty.service.js';
import type { Dispatcher } from './dispatcher.service.js';

const WAKES = ['wake', 'rulesChanged', 'channelsChanged'] as const;

/** What a dispatcher is told when something is heard of. */
function heard(what: string): string[] {
  const handlers = new Map<string, () => void>();
  const told: string[] = [];
  const feed = {
    on: (kind: string, handler: () => void) => handlers.set(kind, handler),
    onGap: (handler: () => void) => handlers.set('gap', handler),
  } as unknown as EventFeed;
  const dispatcher = Object.fromEntries(WAKES.map((name) => [name, () => told.push(name)])) as unknown as Dispatcher;
  const leadership = { take: () => undefined } as unknown as Leadership;
  new DispatchDuty(leadership, feed, dispatcher).onApplicationBootstrap();
  handlers.get(what)?.();
  return told;
}

it.each([
  ['deliveries_due', 'wake'],
  ['alerts_changed', 'wake'],
  ['alert_rules_changed', 'rulesChanged'],
  ['channels_changed', 'channelsChanged'],
  ['gap', 'channelsChanged'],
])('after %s the dispatcher looks again', (what, told) => expect(heard(what)).toEqual([told]));
