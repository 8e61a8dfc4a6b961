import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { ChannelDirectory } from '../../alerts/channel-directory.port.js';
import type { InvalidValue } from '../../platform/http/problem.js';

const MAX_NAMED = 20;

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
      'SELECT id FROM channels WHERE id = ANY ($1::uuid[]) ORDER BY id FOR SHARE',
      [ids],
    );
    const there = new Set(kept.map(({ id }) => id));
    return new Map([...found].flatMap(([ref, { id }]) => (there.has(id) ? [[ref, id] as const] : [])));
  }

  async unknownRules(refs: readonly string[], path: string, manager: EntityManager): Promise<InvalidValue[]> {
    const missing = await manager.query<{ word: string; place: number }[]>(
      `SELECT w.word, w.place::int - 1 AS place FROM unnest($1::text[]) WITH ORDINALITY w (word, place)
       WHERE NOT EXISTS (SELECT FROM alert_rules r WHERE r.name = w.word OR r.id::text = lower(w.word)) ORDER BY place LIMIT ${MAX_NAMED}`,
      [refs],
    );
    return missing.map(({ word, place }) => ({
      path: `${path}.${place}`,
      message: `There is no alert rule "${word}".`,
    }));
  }
}
