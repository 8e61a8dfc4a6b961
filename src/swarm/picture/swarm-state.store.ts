import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { encodeNotice, NOTICE_CHANNEL } from '../../platform/events/notice.js';
import { NO_REFRESH_YET, type RefreshRecord } from './refresh-record.js';
import type { SwarmMemory } from './swarm-picture.js';

/** The third tier: one row with the last good picture, what is remembered between refreshes, and how refreshing goes. */
export interface StoredState {
  revision: string | null;
  collectedAt: string | null;
  /** Encoded picture; null when there is none or when the reader said that it knows this revision. */
  picture: Buffer | null;
  refresh: RefreshRecord;
}

interface RecordColumns {
  last_attempt_at: Date | null;
  last_success_at: Date | null;
  last_error: string | null;
  last_error_code: string | null;
  consecutive_failures: number;
  refresh_duration_seconds: number | null;
}
type Row = RecordColumns & { revision: string | null; collected_at: Date | null; picture: Buffer | null };

const SWARM = 'default';
const REFRESH_COLUMNS =
  'last_attempt_at, last_success_at, last_error, last_error_code, consecutive_failures, refresh_duration_seconds';

@Injectable()
export class SwarmStateStore {
  constructor(private readonly database: DataSource) {}

  /** @param knownRevision the picture's bytes are left out when it is still this one */
  async read(knownRevision: string | null): Promise<StoredState | null> {
    const rows: Row[] = await this.database.query(
      `SELECT revision, collected_at, ${REFRESH_COLUMNS},
              CASE WHEN revision IS DISTINCT FROM $2 THEN picture END AS picture
         FROM swarm_state WHERE swarm = $1`,
      [SWARM, knownRevision],
    );
    const row = rows[0];
    if (!row) return null;
    return {
      revision: row.revision,
      collectedAt: row.collected_at?.toISOString() ?? null,
      picture: row.picture,
      refresh: recordOf(row),
    };
  }

  /** What a refresh starts from, in one statement. */
  async remembered(): Promise<{ memory: SwarmMemory; refresh: RefreshRecord; collectedAt: string | null }> {
    const rows: (RecordColumns & { memory: Partial<SwarmMemory>; collected_at: Date | null })[] =
      await this.database.query(`SELECT memory, collected_at, ${REFRESH_COLUMNS} FROM swarm_state WHERE swarm = $1`, [
        SWARM,
      ]);
    const row = rows[0];
    return {
      memory: { downSince: {}, failures: {}, ...row?.memory },
      refresh: row ? recordOf(row) : NO_REFRESH_YET,
      collectedAt: row?.collected_at?.toISOString() ?? null,
    };
  }

  /**
   * One statement: picture, memory and record change together or not at all, and the other processes are told at commit.
   * @param manager of the session that holds the refresh lock, so that nothing is published after the lock was lost
   */
  async publish(
    entry: { revision: string; collectedAt: string; picture: Buffer },
    memory: SwarmMemory,
    refresh: RefreshRecord,
    manager: EntityManager,
  ): Promise<void> {
    await manager.query(
      `INSERT INTO swarm_state (swarm, revision, collected_at, picture, memory, ${REFRESH_COLUMNS}, updated_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, now())
       ON CONFLICT (swarm) DO UPDATE SET
         revision = excluded.revision, collected_at = excluded.collected_at, picture = excluded.picture,
         memory = excluded.memory, ${overwrite(REFRESH_COLUMNS)}, updated_at = now()
       RETURNING pg_notify('${NOTICE_CHANNEL}', $12)`,
      [
        SWARM,
        entry.revision,
        entry.collectedAt,
        entry.picture,
        JSON.stringify(memory),
        ...recordValues(refresh),
        encodeNotice({ kind: 'swarm_published', revision: entry.revision }),
      ],
    );
  }

  /** Writes how an attempt went, tells it, and leaves the last good picture alone. */
  async recordFailure(refresh: RefreshRecord): Promise<void> {
    await this.database.query(
      `INSERT INTO swarm_state (swarm, ${REFRESH_COLUMNS}, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, now())
       ON CONFLICT (swarm) DO UPDATE SET ${overwrite(REFRESH_COLUMNS)}, updated_at = now()
       RETURNING pg_notify('${NOTICE_CHANNEL}', $8)`,
      [SWARM, ...recordValues(refresh), encodeNotice({ kind: 'swarm_refresh_failed' })],
    );
  }
}

function overwrite(columns: string): string {
  return columns
    .split(', ')
    .map((column) => `${column} = excluded.${column}`)
    .join(', ');
}

function recordOf(row: RecordColumns): RefreshRecord {
  return {
    lastAttemptAt: row.last_attempt_at?.toISOString() ?? null,
    lastSuccessAt: row.last_success_at?.toISOString() ?? null,
    lastError: row.last_error,
    lastErrorCode: row.last_error_code,
    consecutiveFailures: row.consecutive_failures,
    durationSeconds: row.refresh_duration_seconds,
  };
}

function recordValues(refresh: RefreshRecord): unknown[] {
  return [
    refresh.lastAttemptAt,
    refresh.lastSuccessAt,
    refresh.lastError,
    refresh.lastErrorCode,
    refresh.consecutiveFailures,
    refresh.durationSeconds,
  ];
}
