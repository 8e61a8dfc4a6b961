import { Injectable, Logger } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { AlertFacts } from '../../alerts/outbox/alert-facts.js';
import type { KnownChannel, Routing } from './pick-channels.js';
import type { Route } from './route.js';
import { isTimeZone } from '../../devices/calendar/wall-clock.js';
import { RouteScopes } from './route-scopes.store.js';
import { type RouteFault, soundRoutes } from './sound-routes.js';

/** Reads all that choosing goes by. */
@Injectable()
export class RoutingStore {
  private readonly log = new Logger('NotificationRoutes');
  /** So that each is said once. */
  private readonly said = new Set<string>();

  constructor(private readonly scopes: RouteScopes) {}

  /** For these alerts. Two statements at most. None of the channels is deleted before the transaction ends. */
  async read(alerts: readonly AlertFacts[], manager: EntityManager): Promise<Routing> {
    const [found] = await manager.query<[{ routes: Route[]; channels: KnownChannel[] }]>(
      `SELECT
         coalesce((SELECT jsonb_agg(jsonb_build_object('id', id, 'matchers', matchers, 'channelIds', channel_ids, 'continues', continues,
             'groupWaitSeconds', group_wait_seconds, 'remindEveryMinutes', remind_every_minutes,
             'escalateAfterMinutes', escalate_after_minutes, 'escalateChannelIds', escalate_channel_ids, 'quietHours', quiet_hours)
             ORDER BY position, name) FROM notification_routes WHERE enabled), '[]') AS routes,
         coalesce((SELECT jsonb_agg(jsonb_build_object('id', id, 'name', name, 'kind', kind, 'enabled', enabled, 'isDefault', is_default)
             ORDER BY name) FROM (SELECT * FROM channels ORDER BY id FOR KEY SHARE) c), '[]') AS channels`,
    );
    const { sound: routes, faults } = soundRoutes(found.routes, isTimeZone);
    this.say(faults);
    const devices = alerts.flatMap(({ deviceId }) => deviceId ?? []);
    return {
      routes,
      channels: new Map(found.channels.map((channel) => [channel.id, channel])),
      matchesDevice: await this.scopes.matcher(routes, devices, manager),
    };
  }

  private say(faults: readonly RouteFault[]): void {
    const texts = faults.map(({ id, reason }) => `The notification route ${id} does not work: ${reason}`);
    for (const text of texts) if (!this.said.has(text)) this.log.error(text);
    this.said.clear();
    for (const text of texts) this.said.add(text);
  }
}
