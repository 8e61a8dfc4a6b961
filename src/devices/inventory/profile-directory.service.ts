import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { CacheService } from '../../platform/cache/cache.service.js';
import type { Page } from '../../platform/http/envelope.js';
import { ProblemException } from '../../platform/http/problem.js';
import { listRows } from '../../platform/security/list-rows.store.js';
import { listKey } from './list-key.js';
import { type DatedRow, presentTimes } from './present-times.js';
import type { ProfileDto, ProfilesQuery } from './profiles.dto.js';

const PROFILE_MS = 300_000;
const LIST_MS = 30_000;
const SELECT = `p.id, p.name, p.description, p.mode, p.is_default, p.ping_interval_seconds, p.packets, p.timeout_ms, p.down_after,
  p.up_after, p.snmp_interval_seconds, p.flap_low_percent, p.flap_high_percent,
  (SELECT count(*)::int FROM devices d WHERE d.profile_id = p.id) AS device_count, p.created_at, p.updated_at`;

/** Reads profiles, which are kept until the inventory changes. Read-only: everybody gets the same objects. */
@Injectable()
export class ProfileDirectory {
  constructor(
    private readonly database: DataSource,
    private readonly cache: CacheService,
  ) {}

  /** Kept for 5 minutes; that there is none is not kept. @throws ProblemException `profile_not_found` */
  one(id: string): Promise<ProfileDto> {
    const key = id.toLowerCase();
    return this.cache.getOrLoad(`profile:${key}`, { ttlMs: PROFILE_MS }, () => this.read(key, this.database.manager));
  }

  /** Kept for 30 s. @throws ProblemException `invalid_cursor` */
  list(query: ProfilesQuery): Promise<Page<unknown>> {
    const { mode } = query.filters;
    const text = 'lower(concat_ws(chr(10), p.name, p.description))';
    const list = {
      select: SELECT,
      from: 'profiles p',
      id: { expression: 'p.id', type: 'uuid' },
      sort: {
        name: { expression: 'p.name', type: 'text' },
        created_at: { expression: 'p.created_at', type: 'timestamptz' },
      },
      where: [
        ...(mode ? [{ condition: 'p.mode = ?', values: [mode] }] : []),
        ...(query.q ? [{ condition: `position(lower(?) in ${text}) > 0`, values: [query.q] }] : []),
      ],
    };
    return this.cache.getOrLoad(listKey('profile-list', query), { ttlMs: LIST_MS }, () =>
      listRows(this.database, list, query, (row: DatedRow<ProfileDto> & { _at: string; _id: string }) =>
        presentTimes(row),
      ),
    );
  }

  /** As the transaction of `manager` sees it. @throws ProblemException `profile_not_found` */
  async read(id: string, manager: EntityManager): Promise<ProfileDto> {
    const [row] = await manager.query<DatedRow<ProfileDto>[]>(`SELECT ${SELECT} FROM profiles p WHERE p.id = $1`, [id]);
    if (!row) throw new ProblemException('profile_not_found');
    return presentTimes(row);
  }
}
