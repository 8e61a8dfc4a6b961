import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { selectorCondition } from '../../devices/inventory/selector-sql.js';
import { isAboutDevices } from './pick-channels.js';
import type { MatchesDevice, Route } from './route.js';

/** Tells which devices routes are about, as groups, sites and tags are now. */
@Injectable()
export class RouteScopes {
  /**
   * One statement at most, whatever the number of routes and devices.
   * @param deviceIds the devices that will be asked about
   */
  async matcher(
    routes: readonly Route[],
    deviceIds: readonly string[],
    manager: EntityManager,
  ): Promise<MatchesDevice> {
    const scoped = routes.filter(isAboutDevices);
    if (scoped.length === 0 || deviceIds.length === 0) return () => false;
    const values: unknown[] = [[...new Set(deviceIds)]];
    const parts = scoped.map(({ matchers: { sites, groups, tags } }, place) => {
      const { condition, values: bound } = selectorCondition({
        ...(sites && { sites }),
        ...(groups && { groups }),
        ...(tags && { tags }),
      });
      let next = 0;
      const text = condition.replace(/\?/g, () => `$${values.push(bound[next++])}`);
      return `SELECT d.id, ${place} AS place FROM devices d WHERE d.id = ANY ($1::uuid[]) AND ${text}`;
    });
    const rows = await manager.query<{ id: string; place: number }[]>(parts.join(' UNION ALL '), values);
    const found = new Set(rows.map(({ id, place }) => `${scoped[place]!.id} ${id}`));
    return (route, deviceId) => found.has(`${route.id} ${deviceId}`);
  }
}
