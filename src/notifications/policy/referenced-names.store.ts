import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { ChannelDirectory } from '../../alerts/channel-directory.port.js';
import { isUuid } from '../../devices/inventory/uuid.js';
import type { RouteMatchers } from './route.js';
import { FoundRouteReferences, type RouteReference, wordsOf } from './route-references.js';

const TABLES: Record<RouteReference, string> = { sites: 'sites', groups: 'groups', rules: 'alert_rules' };

/** What routes name. */
@Injectable()
export class ReferencedNames {
  constructor(private readonly directory: ChannelDirectory) {}

  /** Names of all channels by id. */
  async ofChannels(manager: EntityManager): Promise<Map<string, string>> {
    const rows = await manager.query<{ id: string; name: string }[]>('SELECT id, name FROM channels');
    return new Map(rows.map(({ id, name }) => [id, name]));
  }

  /** Ids by id or name. Locked, so that none is deleted before the route that names it is there. */
  async channelIds(refs: readonly string[], manager: EntityManager): Promise<Map<string, string>> {
    const found = await this.directory.find(refs);
    const ids = [...found.values()].map(({ id }) => id);
    const kept = await manager.query<{ id: string }[]>(
      'SELECT id FROM channels WHERE id = ANY ($1::uuid[]) ORDER BY id FOR KEY SHARE',
      [ids],
    );
    const there = new Set(kept.map(({ id }) => id));
    return new Map([...found].flatMap(([ref, { id }]) => (there.has(id) ? [[ref, id] as const] : [])));
  }

  /** What any number of matchers refer to. One statement; none when they refer to nothing. */
  async ofMatchers(all: readonly RouteMatchers[], manager: EntityManager): Promise<FoundRouteReferences> {
    const parts: string[] = [];
    const values: unknown[] = [];
    for (const kind of Object.keys(TABLES) as RouteReference[]) {
      const words = wordsOf(all, kind);
      if (words.length === 0) continue;
      const [ids, names] = [values.push(words.filter(isUuid)), values.push(words)];
      parts.push(
        `SELECT '${kind}' AS kind, id, name FROM ${TABLES[kind]} WHERE id = ANY ($${ids}::uuid[]) OR name = ANY ($${names}::text[])`,
      );
    }
    if (parts.length === 0) return new FoundRouteReferences([]);
    return new FoundRouteReferences(await manager.query(parts.join(' UNION ALL '), values));
  }
}
