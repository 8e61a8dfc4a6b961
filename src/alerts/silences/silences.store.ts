import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { Page } from '../../platform/http/envelope.js';
import { listRows } from '../../platform/security/list-rows.store.js';
import type { Matcher } from '../engine/matcher.js';
import type { SilenceDto, SilencesQuery } from './silences.dto.js';

export interface SilenceRow {
  id: string;
  matchers: Matcher[];
  state: SilenceDto['state'];
  startsAt: Date;
  endsAt: Date;
  author: string | null;
  comment: string | null;
  createdAt: Date;
  updatedAt: Date;
}

interface SilenceValues {
  matchers: readonly Matcher[];
  startsAt: Date;
  endsAt: Date;
  comment: string | null;
}

const ALERTS_A_TURN = 2_000;
const STATE = `CASE WHEN now() >= ends_at THEN 'ended' WHEN now() < starts_at THEN 'pending' ELSE 'active' END`;
const COLUMNS =
  `id, matchers, ${STATE} AS state, starts_at AS "startsAt", ends_at AS "endsAt", author, comment, ` +
  'created_at AS "createdAt", updated_at AS "updatedAt"';

/** Rows of `silences`. Whether one is active is decided by the clock of the database. */
@Injectable()
export class SilencesStore {
  constructor(private readonly database: DataSource) {}

  list(query: SilencesQuery, present: (row: SilenceRow) => unknown): Promise<Page<unknown>> {
    const { active, state } = query.filters;
    const where: { condition: string; values: unknown[] }[] = [];
    if (active !== undefined) where.push({ condition: `(${STATE} = 'active') = ?`, values: [active] });
    if (state !== undefined) where.push({ condition: `${STATE} = ?`, values: [state] });
    if (query.q) {
      const condition = `position(lower(?) in lower(concat_ws(' ', comment, author, matchers::text))) > 0`;
      where.push({ condition, values: [query.q] });
    }
    const list = {
      select: COLUMNS,
      from: 'silences',
      id: { expression: 'id', type: 'uuid' as const },
      sort: {
        starts_at: { expression: 'starts_at', type: 'timestamptz' as const },
        ends_at: { expression: 'ends_at', type: 'timestamptz' as const },
        created_at: { expression: 'created_at', type: 'timestamptz' as const },
      },
      where,
    };
    return listRows(this.database, list, query, (row: SilenceRow & { _at: string; _id: string }) => present(row));
  }

  async one(id: string): Promise<SilenceRow | null> {
    const rows = await this.database.query<SilenceRow[]>(`SELECT ${COLUMNS} FROM silences WHERE id = $1`, [id]);
    return rows[0] ?? null;
  }

  /** Labels of all open alerts, some thousand at a time: there may be so many that others would wait for us. */
  async *labelsOfOpen(): AsyncGenerator<Record<string, string>[]> {
    for (let after: string | undefined = ''; after !== undefined;) {
      const rows: { fingerprint: string; labels: Record<string, string> }[] = await this.database.query(
        `SELECT fingerprint, labels FROM alerts WHERE state <> 'resolved' AND fingerprint > $1 ORDER BY fingerprint LIMIT $2`,
        [after, ALERTS_A_TURN],
      );
      yield rows.map(({ labels }) => labels);
      after = rows.length < ALERTS_A_TURN ? undefined : rows.at(-1)?.fingerprint;
    }
  }

  /** Names of the labels that rules give. */
  async ruleLabels(): Promise<string[]> {
    const rows = await this.database.query<{ name: string }[]>(
      `SELECT DISTINCT jsonb_object_keys(labels) AS name FROM alert_rules WHERE jsonb_typeof(labels) = 'object'`,
    );
    return rows.map(({ name }) => name);
  }

  async now(manager: EntityManager): Promise<Date> {
    const [row] = await manager.query<[{ now: Date }]>('SELECT now()');
    return row.now;
  }

  async lock(id: string, manager: EntityManager): Promise<SilenceRow | null> {
    const rows = await manager.query<SilenceRow[]>(`SELECT ${COLUMNS} FROM silences WHERE id = $1 FOR UPDATE`, [id]);
    return rows[0] ?? null;
  }

  async insert(values: SilenceValues, author: string | null, manager: EntityManager): Promise<SilenceRow> {
    const [row] = await manager.query<[SilenceRow]>(
      `INSERT INTO silences (matchers, starts_at, ends_at, comment, author) VALUES ($1, $2, $3, $4, $5) RETURNING ${COLUMNS}`,
      [JSON.stringify(values.matchers), values.startsAt, values.endsAt, values.comment, author],
    );
    return row;
  }

  async update(id: string, values: SilenceValues, manager: EntityManager): Promise<SilenceRow> {
    const [rows] = await manager.query<[[SilenceRow], number]>(
      `UPDATE silences SET matchers = $2, starts_at = $3, ends_at = $4, comment = $5, updated_at = now() WHERE id = $1 RETURNING ${COLUMNS}`,
      [id, JSON.stringify(values.matchers), values.startsAt, values.endsAt, values.comment],
    );
    return rows[0];
  }

  /** How many have not ended. Two writers wait for each other here, so that both count both. */
  async countGoingOn(manager: EntityManager): Promise<number> {
    await manager.query("SELECT pg_advisory_xact_lock(hashtextextended('silences', 0))");
    const [counted] = await manager.query<[{ count: number }]>(
      'SELECT count(*)::int AS count FROM silences WHERE ends_at > now()',
    );
    return counted.count;
  }
}
