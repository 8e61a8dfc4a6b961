import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { AlertFacts } from '../../alerts/outbox/alert-facts.js';
import type { KnownChannel, Routing } from './pick-channels.js';
import type { Route } from './route.js';
import { RouteScopes } from './route-scopes.store.js';

/** Reads all that choosing goes by. */
@Injectable()
export class RoutingStore {
  constructor(private readonly scopes: RouteScopes) {}

  /** For these alerts. Two statements at most. */
  async read(alerts: readonly AlertFacts[], manager: EntityManager): Promise<Routing> {
    const [found] = await manager.query<[{ routes: Route[]; channels: KnownChannel[] }]>(
      `SELECT
         coalesce((SELECT jsonb_agg(jsonb_build_object('id', id, 'matchers', matchers, 'channelIds', channel_ids, 'continues', continues,
             'groupWaitSeconds', group_wait_seconds, 'remindEveryMinutes', remind_every_minutes,
             'escalateAfterMinutes', escalate_after_minutes, 'escalateChannelIds', escalate_channel_ids, 'quietHours', quiet_hours)
             ORDER BY position, name) FROM notification_routes WHERE enabled), '[]') AS routes,
         coalesce((SELECT jsonb_agg(jsonb_build_object('id', id, 'name', name, 'kind', kind, 'enabled', enabled, 'isDefault', is_default)
             ORDER BY name) FROM channels), '[]') AS channels`,
    );
    const { routes } = found;
    const devices = alerts.flatMap(({ deviceId }) => deviceId ?? []);
    return {
      routes,
      channels: new Map(found.channels.map((channel) => [channel.id, channel])),
      matchesDevice: await this.scopes.matcher(routes, devices, manager),
    };
  }
}
