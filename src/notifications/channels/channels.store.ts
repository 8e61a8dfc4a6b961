import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { SealedSecret } from '../../platform/security/secret-box.service.js';
import { listRows } from '../../platform/security/list-rows.store.js';
import type { ChannelDto, ChannelsQuery } from './channels.dto.js';

type Timed = 'last_delivered_at' | 'last_failed_at' | 'created_at' | 'updated_at';

/** A row, its secrets masked in `config`. */
export type ChannelRow = Omit<ChannelDto, Timed | 'config'> & {
  config: Record<string, unknown>;
  last_delivered_at: Date | null;
  last_failed_at: Date | null;
  created_at: Date;
  updated_at: Date;
};

/** What is written of a channel; what is undefined stays. */
interface ChannelValues {
  name?: string | undefined;
  enabled?: boolean | undefined;
  is_default?: boolean | undefined;
  config?: Record<string, unknown> | undefined;
  sealed?: SealedSecret | undefined;
}

const COLUMNS =
  'id, name, kind, config, enabled, is_default, last_delivered_at, last_failed_at, last_error, created_at, updated_at';

/** The table of channels. */
@Injectable()
export class ChannelRows {
  constructor(private readonly database: DataSource) {}

  list(query: ChannelsQuery, present: (row: ChannelRow) => ChannelDto) {
    const { kind, enabled, is_default: isDefault } = query.filters;
    const where = (condition: string, value: unknown) => (value === undefined ? [] : [{ condition, values: [value] }]);
    const list = {
      select: COLUMNS,
      from: 'channels',
      id: { expression: 'id', type: 'uuid' },
      sort: {
        name: { expression: 'name', type: 'text' },
        created_at: { expression: 'created_at', type: 'timestamptz' },
      },
      where: [
        ...where('kind = ?', kind),
        ...where('enabled = ?', enabled),
        ...where('is_default = ?', isDefault),
        ...where('position(lower(?) in lower(name)) > 0', query.q),
      ],
    };
    return listRows(this.database, list, query, (row: ChannelRow & { _at: string; _id: string }) => present(row));
  }

  async one(id: string, manager: EntityManager = this.database.manager): Promise<ChannelRow | undefined> {
    const [row] = await manager.query<ChannelRow[]>(`SELECT ${COLUMNS} FROM channels WHERE id = $1`, [id]);
    return row;
  }

  async sealed(id: string, manager: EntityManager): Promise<SealedSecret | undefined> {
    const [row] = await manager.query<SealedSecret[]>('SELECT key_id AS "keyId", sealed FROM channels WHERE id = $1', [
      id,
    ]);
    return row;
  }

  /** Until the end of the transaction. For a change, deliveries to it are planned meanwhile; before it is deleted, none. */
  async lock(id: string, forWhat: 'change' | 'deletion', manager: EntityManager): Promise<ChannelRow | undefined> {
    const strength = forWhat === 'change' ? 'NO KEY UPDATE' : 'UPDATE';
    const sql = `SELECT ${COLUMNS} FROM channels WHERE id = $1 FOR ${strength}`;
    const [row] = await manager.query<ChannelRow[]>(sql, [id]);
    return row;
  }

  async insert(
    {
      id,
      kind,
      name,
      enabled,
      is_default: isDefault,
      config,
      sealed,
    }: Required<ChannelValues> & {
      id: string;
      kind: string;
    },
    manager: EntityManager,
  ): Promise<void> {
    await manager.query(
      `INSERT INTO channels (id, kind, name, enabled, is_default, config, key_id, sealed) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [id, kind, name, enabled, isDefault, JSON.stringify(config), sealed!.keyId, sealed!.sealed],
    );
  }

  async update(id: string, values: ChannelValues, manager: EntityManager): Promise<void> {
    const { name, enabled, is_default: isDefault, config, sealed } = values;
    await manager.query(
      `UPDATE channels SET name = coalesce($2, name), enabled = coalesce($3, enabled), is_default = coalesce($4, is_default),
         config = coalesce($5, config), key_id = coalesce($6, key_id), sealed = coalesce($7, sealed), updated_at = now()
       WHERE id = $1`,
      [
        id,
        name ?? null,
        enabled ?? null,
        isDefault ?? null,
        config ? JSON.stringify(config) : null,
        sealed?.keyId ?? null,
        sealed?.sealed ?? null,
      ],
    );
  }

  async remove(id: string, manager: EntityManager): Promise<void> {
    await manager.query('DELETE FROM channels WHERE id = $1', [id]);
  }

  /** After an insert; two at once wait for each other, so that both count both. */
  async count(manager: EntityManager): Promise<number> {
    await manager.query("SELECT pg_advisory_xact_lock(hashtextextended('channels', 0))");
    const [counted] = await manager.query<[{ count: number }]>('SELECT count(*)::int AS count FROM channels');
    return counted.count;
  }

  /** Rules and routes that name it: `rule "Device down"`. */
  async users(id: string, limit: number, manager: EntityManager): Promise<string[]> {
    const rows = await manager.query<{ user: string }[]>(
      `SELECT 'rule "' || name || '"' AS user FROM alert_rules WHERE $1::uuid = ANY (channel_ids)
       UNION ALL
       SELECT 'route "' || name || '"' FROM notification_routes WHERE $1::uuid = ANY (channel_ids || escalate_channel_ids)
       ORDER BY 1 LIMIT $2`,
      [id, limit],
    );
    return rows.map(({ user }) => user);
  }
}
