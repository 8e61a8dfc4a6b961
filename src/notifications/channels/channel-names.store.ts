import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { ChannelDirectory } from '../../alerts/channel-directory.port.js';

/** Finds channels by what rules and routes call them. */
@Injectable()
export class ChannelNames extends ChannelDirectory {
  constructor(private readonly database: DataSource) {
    super();
  }

  async find(refs: readonly string[]): Promise<Map<string, { id: string; name: string }>> {
    if (refs.length === 0) return new Map();
    // An id wins over another channel's name that reads like one.
    const found = await this.database.query<{ ref: string; id: string; name: string }[]>(
      `SELECT DISTINCT ON (r.ref) r.ref, c.id, c.name FROM unnest($1::text[]) r(ref)
       JOIN channels c ON c.id::text = lower(r.ref) OR c.name = r.ref ORDER BY r.ref, (c.id::text = lower(r.ref)) DESC`,
      [[...new Set(refs)]],
    );
    return new Map(found.map(({ ref, ...channel }) => [ref, channel]));
  }

  async keep(ids: readonly string[], manager: EntityManager): Promise<Set<string>> {
    // Less than a deletion asks for, and no more than is needed: who writes down how a delivery went does not wait.
    const sql = 'SELECT id FROM channels WHERE id = ANY ($1::uuid[]) ORDER BY id FOR KEY SHARE';
    const kept = await manager.query<{ id: string }[]>(sql, [ids]);
    return new Set(kept.map(({ id }) => id));
  }
}
