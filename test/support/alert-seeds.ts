import { randomUUID } from 'node:crypto';
import type { DataSource } from 'typeorm';

/** An alert as a test wants it. Times are seconds before now. */
export interface AlertSeed {
  target: string;
  state?: 'pending' | 'firing' | 'resolved';
  severity?: string;
  summary?: string;
  value?: number;
  /** Id of its rule. */
  rule?: string;
  device?: SeededDevice;
  pendingAgo?: number;
  firedAgo?: number;
  resolvedAgo?: number;
  announced?: boolean;
  suppressedBy?: string;
  /** `until`: seconds from now. */
  ack?: { by: string; until?: number; sticky?: boolean };
}

export interface SeededDevice {
  id: string;
  num: number;
  name: string;
}

/** Alerts without an evaluator. */
export class AlertSeeds {
  constructor(private readonly database: DataSource) {}

  /** @returns their ids, with one `fired` event each unless they are pending */
  async add<const Seeds extends readonly AlertSeed[]>(
    ...seeds: Seeds
  ): Promise<{ -readonly [K in keyof Seeds]: string }> {
    const rows = seeds.map((seed) => ({ id: randomUUID(), ...columnsOf(seed) }));
    await this.database.query(
      `INSERT INTO alerts (id, fingerprint, rule_id, rule_name, rule_version, severity, target_kind, target_key, target_name, device_num,
         device_id, group_key, state, pending_since, fired_at, resolved_at, resolution, value, summary, ack_by, ack_at, ack_until,
         ack_sticky, suppressed_by, announced_at, evaluated_at)
       SELECT id, id::text, rule_id, coalesce((SELECT name FROM alert_rules r WHERE r.id = s.rule_id), 'A rule'), 1, severity, target_kind,
         target_name, target_name, device_num, device_id, '{}', state, now() - pending_ago * interval '1 second',
         CASE WHEN state <> 'pending' THEN now() - fired_ago * interval '1 second' END,
         CASE WHEN state = 'resolved' THEN now() - resolved_ago * interval '1 second' END,
         CASE WHEN state = 'resolved' THEN 'recovered' END, value, summary, ack_by, CASE WHEN ack_by IS NOT NULL THEN now() END,
         now() + ack_until * interval '1 second', ack_sticky, suppressed_by,
         CASE WHEN announced THEN now() - fired_ago * interval '1 second' END, now()
       FROM jsonb_to_recordset($1::jsonb) AS s (id uuid, rule_id uuid, severity text, target_kind text, target_name text, device_num int,
         device_id uuid, state text, pending_ago float8, fired_ago float8, resolved_ago float8, value float8, summary text, ack_by text,
         ack_until float8, ack_sticky bool, suppressed_by text, announced bool)`,
      [JSON.stringify(rows)],
    );
    await this.database.query(
      `INSERT INTO alert_events (alert_id, at, kind) SELECT id, fired_at, 'fired' FROM alerts
       WHERE id = ANY ($1::uuid[]) AND state <> 'pending'`,
      [rows.map(({ id }) => id)],
    );
    return rows.map(({ id }) => id) as { -readonly [K in keyof Seeds]: string };
  }

  /** @returns its id */
  async rule(name: string): Promise<string> {
    const [row] = await this.database.query<[{ id: string }]>(
      `INSERT INTO alert_rules (name, severity, scope, condition, expression) VALUES ($1, 'critical', '{}', '{}', '') RETURNING id`,
      [name],
    );
    return row.id;
  }

  /** @returns its id */
  async site(name: string, parent: string | null = null): Promise<string> {
    const [row] = await this.database.query<[{ id: string }]>(
      'INSERT INTO sites (name, parent_id) VALUES ($1, $2) RETURNING id',
      [name, parent],
    );
    return row.id;
  }

  async device(
    name: string,
    { site = null, tags = [] }: { site?: string | null; tags?: string[] } = {},
  ): Promise<SeededDevice> {
    const [row] = await this.database.query<[SeededDevice]>(
      `INSERT INTO devices (name, ip, site_id, tags, profile_id)
       VALUES ($1, $1, $2, $3, (SELECT id FROM profiles WHERE is_default)) RETURNING id, num, name`,
      [name, site, tags],
    );
    return row;
  }
}

function columnsOf(seed: AlertSeed) {
  const { target, device, ack, firedAgo = 60, pendingAgo = firedAgo + 60 } = seed;
  return {
    rule_id: seed.rule ?? null,
    severity: seed.severity ?? 'critical',
    target_kind: device ? 'device' : 'node',
    target_name: target,
    device_num: device?.num ?? null,
    device_id: device?.id ?? null,
    state: seed.state ?? 'firing',
    pending_ago: pendingAgo,
    fired_ago: firedAgo,
    resolved_ago: seed.resolvedAgo ?? 0,
    value: seed.value ?? null,
    summary: seed.summary ?? '',
    ack_by: ack?.by ?? null,
    ack_until: ack?.until ?? null,
    ack_sticky: ack?.sticky ?? false,
    suppressed_by: seed.suppressedBy ?? null,
    announced: seed.announced ?? false,
  };
}

/** Many alerts of ten rules over all devices, one resolved every minute before now and as many that are open a second apart. */
export async function fillAlerts(
  database: DataSource,
  { resolved, open }: { resolved: number; open: number },
): Promise<void> {
  await database.query(
    `INSERT INTO alert_rules (name, severity, scope, condition, expression)
     SELECT 'Rule ' || n, 'high', '{}', '{}', '' FROM generate_series(0, 9) n`,
  );
  await database.query(
    `INSERT INTO alerts (fingerprint, rule_id, rule_name, rule_version, severity, target_kind, target_key, target_name, device_num, device_id,
       group_key, state, pending_since, fired_at, resolved_at, resolution, summary, evaluated_at)
     SELECT n::text, r.id, r.name, 1, 'high', 'device', d.id::text, d.name, d.num, d.id, '{}', state, at, at,
       CASE WHEN state = 'resolved' THEN at + interval '30 seconds' END, CASE WHEN state = 'resolved' THEN 'recovered' END,
       repeat('It is down. ', 5), at
     FROM (SELECT n, CASE WHEN n < $1::int THEN 'resolved' ELSE 'firing' END AS state,
                  now() - CASE WHEN n < $1::int THEN ($1::int - n) * interval '1 minute' ELSE n % 1000 * interval '1 second' END AS at
           FROM generate_series(0, $1::int + $2::int - 1) n) a
     JOIN devices d ON d.num = 1 + n % (SELECT count(*) FROM devices) JOIN alert_rules r ON r.name = 'Rule ' || n % 10`,
    [resolved, open],
  );
  await database.query(`INSERT INTO alert_events (alert_id, at, kind) SELECT id, fired_at, 'fired' FROM alerts`);
}
