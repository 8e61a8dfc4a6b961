import { Client } from 'pg';
import { parseDatabaseUrl } from '../../platform/database/connection.js';
import { connectionProblem } from '../../platform/database/connection-problem.js';
import { toPgConfig } from '../../platform/database/pg-config.driver.js';
import type { OldBranch, OldDevice, OldItem, OldPing, OldProfile, OldRule, OldSystem } from './old-rows.js';

/** The old database cannot be read; the message says what to do. */
export class WardOpsError extends Error {
  override readonly name = 'WardOpsError';
}

const DEVICE_COLUMNS = [
  'id name ip hostname vendor device_type device_subtype model location description enabled discovered_at tags custom_fields',
  'branch_id normalized_name floor_info unit_number original_name ssh_port ssh_username ssh_enabled snmp_community',
  'snmp_version snmp_port created_at',
].flatMap((line) => line.split(' ')) as (keyof OldDevice)[];
const BRANCH_COLUMNS: (keyof OldBranch)[] = ['id', 'name', 'region', 'latitude', 'longitude'];
const PROFILE_COLUMNS: (keyof OldProfile)[] = ['id', 'name', 'mode', 'is_active', 'description'];
const ITEM_COLUMNS = [
  'device_id',
  'oid_name',
  'oid',
  'interval',
  'value_type',
  'units',
  'enabled',
] as (keyof OldItem)[];
const RULE_COLUMNS = [
  'id device_id branch_id name description expression severity notification_channels notification_recipients device_group',
  'monitoring_item_id enabled',
].flatMap((line) => line.split(' ')) as (keyof OldRule)[];
/** The old times may have no zone and are UTC then; the session's zone is UTC, so this fits both kinds of column. */
const SINCE = `($1::timestamptz AT TIME ZONE 'UTC')`;
const PAGE = 10_000;
const STATEMENT_LIMIT_MS = 120_000;

/** Reads the old system's tables. Changes nothing there: the session is read only. */
export class WardOpsClient {
  private constructor(private readonly client: Client) {}

  /** @throws WardOpsError */
  static async open(url: string): Promise<WardOpsClient> {
    const connection = parseDatabaseUrl(url);
    const client = new Client({
      ...toPgConfig(connection),
      connectionTimeoutMillis: 10_000,
      statement_timeout: STATEMENT_LIMIT_MS,
      query_timeout: STATEMENT_LIMIT_MS + 5_000,
      options: '-c default_transaction_read_only=on -c timezone=UTC',
    });
    client.on('error', () => undefined);
    try {
      await client.connect();
    } catch (error) {
      throw new WardOpsError(`The old database cannot be read: ${connectionProblem(error, connection)}`);
    }
    return new WardOpsClient(client);
  }

  close(): Promise<void> {
    return this.client.end();
  }

  async read(): Promise<OldSystem> {
    const devices = await this.rows<OldDevice>('standalone_devices', DEVICE_COLUMNS);
    if (!devices) {
      throw new WardOpsError(
        'The old database has no table standalone_devices. Does --database-url name the right one?',
      );
    }
    return {
      devices,
      branches: (await this.rows<OldBranch>('branches', BRANCH_COLUMNS)) ?? [],
      profiles: (await this.rows<OldProfile>('monitoring_profiles', PROFILE_COLUMNS)) ?? [],
      items: (await this.rows<OldItem>('monitoring_items', ITEM_COLUMNS)) ?? [],
      rules: (await this.rows<OldRule>('alert_rules', RULE_COLUMNS)) ?? [],
    };
  }

  /** Pings since then, oldest first, in pages. The round-trip times of a failed ping are 0 there and null here. */
  async *pings(since: Date): AsyncGenerator<OldPing[]> {
    if (!(await this.columnsOf('ping_results')).size) return;
    await this.client.query('BEGIN');
    try {
      await this.client.query(
        `DECLARE old_pings NO SCROLL CURSOR FOR
           SELECT d.id::text AS device_id, to_timestamp(extract(epoch FROM p.timestamp)) AS at, p.packets_sent AS sent, p.packets_received AS received,
                  p.is_reachable AS reachable, CASE WHEN p.is_reachable THEN p.min_rtt_ms END AS rtt_min,
                  CASE WHEN p.is_reachable THEN p.avg_rtt_ms END AS rtt_avg, CASE WHEN p.is_reachable THEN p.max_rtt_ms END AS rtt_max
           FROM ping_results p JOIN (SELECT DISTINCT ON (ip) id, ip FROM standalone_devices ORDER BY ip, id) d
             ON d.ip::text = p.device_ip::text
           WHERE p.timestamp >= ${SINCE} ORDER BY p.timestamp`,
        [since],
      );
      for (;;) {
        const { rows } = await this.client.query<OldPing>(`FETCH ${PAGE} FROM old_pings`);
        if (rows.length === 0) break;
        yield rows;
      }
    } finally {
      await this.client.query('ROLLBACK');
    }
  }

  async countPings(since: Date): Promise<number> {
    if (!(await this.columnsOf('ping_results')).size) return 0;
    const { rows } = await this.client.query<{ count: string }>(
      `SELECT count(*) AS count FROM ping_results p WHERE p.timestamp >= ${SINCE}`,
      [since],
    );
    return Number(rows[0]?.count ?? 0);
  }

  private async rows<Row>(table: string, wanted: (keyof Row)[]): Promise<Row[] | null> {
    const there = await this.columnsOf(table);
    if (!there.size) return null;
    const names = wanted as string[];
    const list = names.map((name) => (there.has(name) ? column(name) : `NULL AS "${name}"`)).join(', ');
    const { rows } = await this.client.query(`SELECT ${list} FROM "${table}"`);
    return rows as Row[];
  }

  private async columnsOf(table: string): Promise<Set<string>> {
    const { rows } = await this.client.query<{ name: string }>(
      `SELECT attname AS name FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped`,
      [`"${table}"`],
    );
    return new Set(rows.map(({ name }) => name));
  }
}

function column(name: string): string {
  return name.endsWith('_at') ? `to_timestamp(extract(epoch FROM "${name}")) AS "${name}"` : `"${name}"`;
}
