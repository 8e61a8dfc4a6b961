import type { DataSource } from 'typeorm';

/** Devices with sites, states and history, made by PostgreSQL itself: many of them in a moment. */
export interface InventorySize {
  devices: number;
  sites?: number;
}

/** The default profile of the migrations is the profile of all of them; device n has number n when the table was empty. */
export async function fillInventory(database: DataSource, { devices, sites = 10 }: InventorySize): Promise<void> {
  await database.query(
    `INSERT INTO sites (name, region, branch, latitude, longitude)
     SELECT 'Site ' || n, 'Region ' || n % 3, 'Branch ' || n, 50 + n / 100.0, 8 + n / 100.0 FROM generate_series(1, $1::int) n`,
    [sites],
  );
  await database.query(
    `WITH placed AS (SELECT id, row_number() OVER (ORDER BY name) AS place FROM sites)
     INSERT INTO devices (name, ip, hostname, vendor, device_type, device_subtype, model, location, description, enabled, site_id,
                          profile_id, check_kind, tags, custom_fields, discovered_at)
     SELECT 'Device ' || lpad(n::text, 6, '0'), '10.' || n / 65536 || '.' || n / 256 % 256 || '.' || n % 256,
            'device-' || n || '.example.net', (ARRAY['Cisco', 'Juniper', 'Mikrotik', 'Aruba'])[1 + n % 4],
            (ARRAY['router', 'switch', 'camera', 'access point'])[1 + n / 4 % 4], 'indoor', 'Model ' || n % 20, 'Floor ' || n % 30,
            'Made by a test', n % 50 <> 0, placed.id, (SELECT id FROM profiles WHERE is_default), 'icmp',
            ARRAY['tag-' || n % 5, 'batch-' || n % 100], jsonb_build_object('rack', n % 40, 'owner', 'team ' || n % 7), now()
     FROM generate_series(1, $1::int) n JOIN placed ON placed.place = 1 + n % $2::int ORDER BY n`,
    [devices, sites],
  );
  await database.query('ANALYZE sites, devices, profiles');
}

/** Every tenth device is down; all others are up. */
export async function fillStates(database: DataSource): Promise<void> {
  await database.query(
    `INSERT INTO device_state (device_num, state, last_known_state, since, down_since, cause, last_at, last_ok_at, outcome, sent,
                               received, loss_percent, rtt_min, rtt_avg, rtt_max, jitter, ring_at, ring_loss, ring_rtt)
     SELECT num, CASE WHEN down THEN 'down' ELSE 'up' END, CASE WHEN down THEN 'down' ELSE 'up' END, now() - interval '1 hour',
            CASE WHEN down THEN now() - interval '1 hour' END, 'probe', now(), now(), CASE WHEN down THEN 'failed' ELSE 'ok' END, 3,
            CASE WHEN down THEN 0 ELSE 3 END, CASE WHEN down THEN 100 ELSE 0 END, CASE WHEN down THEN NULL ELSE 0.031 END,
            CASE WHEN down THEN NULL ELSE 0.048 END, CASE WHEN down THEN NULL ELSE 0.07 END, CASE WHEN down THEN NULL ELSE 0.01 END,
            (SELECT array_agg(extract(epoch FROM now())::int - 30 * i) FROM generate_series(20, 1, -1) i),
            (SELECT array_agg(0) FROM generate_series(1, 20)), (SELECT array_agg(0.05) FROM generate_series(1, 20))
     FROM (SELECT num, num % 10 = 0 AS down FROM devices) d`,
  );
  await database.query('ANALYZE device_state');
}

const DAY_MS = 86_400_000;

/** Partitions of a day each, from the day of `from` on. */
export async function makePartitions(
  database: DataSource,
  table: 'ping_results' | 'ping_5m' | 'ping_1h' | 'snmp_results',
  from: Date,
  days: number,
): Promise<void> {
  const first = Math.floor(from.getTime() / DAY_MS) * DAY_MS;
  for (let day = 0; day < days; day++) {
    const begin = new Date(first + day * DAY_MS).toISOString();
    const end = new Date(first + (day + 1) * DAY_MS).toISOString();
    const name = `${table}_${begin.slice(0, 10).replaceAll('-', '')}`;
    await database.query(`CREATE TABLE ${name} PARTITION OF ${table} FOR VALUES FROM ('${begin}') TO ('${end}')`);
  }
}

/** `cycles` results of each of the first `devices` devices, as many seconds apart; every hundredth failed. */
export async function fillPings(
  database: DataSource,
  { from, devices, cycles, everySeconds }: { from: Date; devices: number; cycles: number; everySeconds: number },
): Promise<void> {
  await database.query(
    `INSERT INTO ping_results (ts, device_num, sent, received, status, rtt_min, rtt_avg, rtt_max, jitter)
     SELECT $1::timestamptz + make_interval(secs => cycle * $4::float8), device, 3, CASE WHEN failed THEN 0 ELSE 3 END, failed::int,
            CASE WHEN failed THEN NULL ELSE 0.03 END, CASE WHEN failed THEN NULL ELSE 0.05 END,
            CASE WHEN failed THEN NULL ELSE 0.07 END, CASE WHEN failed THEN NULL ELSE 0.01 END
     FROM generate_series(0, $3::int - 1) cycle, generate_series(1, $2::int) device,
          LATERAL (SELECT (cycle + device) % 100 = 0 AS failed) f`,
    [from.toISOString(), devices, cycles, everySeconds],
  );
}

/** One row of `state_events`. */
export interface EventRow {
  num: number;
  at: Date | string;
  from: string | null;
  to: string;
  inMaintenance?: boolean;
  excused?: boolean;
  cause?: string;
}

/** @returns their ids */
export async function addEvents(database: DataSource, events: EventRow[]): Promise<number[]> {
  const rows = await database.query<{ id: string }[]>(
    `INSERT INTO state_events (device_num, at, from_state, to_state, in_maintenance, excused, cause)
     SELECT * FROM unnest($1::int[], $2::timestamptz[], $3::text[], $4::text[], $5::bool[], $6::bool[], $7::text[]) RETURNING id`,
    [
      events.map(({ num }) => num),
      events.map(({ at }) => new Date(at).toISOString()),
      events.map(({ from }) => from),
      events.map(({ to }) => to),
      events.map(({ inMaintenance = false }) => inMaintenance),
      events.map(({ excused = false }) => excused),
      events.map(({ cause = 'probe' }) => cause),
    ],
  );
  return rows.map(({ id }) => Number(id));
}

/** One device, of the default profile. @returns its number */
export async function insertDevice(
  database: DataSource,
  columns: Record<string, unknown> & { name: string },
): Promise<number> {
  const row: Record<string, unknown> = { ip: '10.9.0.1', duplicate_allowed: true, ...columns };
  const places = Object.keys(row).map((_, index) => `$${index + 1}`);
  const [device] = await database.query<[{ num: number }]>(
    `INSERT INTO devices (${Object.keys(row).join()}, profile_id)
     VALUES (${places.join()}, (SELECT id FROM profiles WHERE is_default)) RETURNING num`,
    Object.values(row),
  );
  return device.num;
}
