import type { DataSource } from 'typeorm';
import { Partitions } from '../../src/probes/history/partitions.store.js';

/** Devices numbered from 1, as many as asked for. */
export async function addDevices(database: DataSource, count: number): Promise<void> {
  await database.query(
    `INSERT INTO devices (name, ip, profile_id)
     SELECT 'device ' || n, '10.' || n / 65536 || '.' || n / 256 % 256 || '.' || n % 256, (SELECT id FROM profiles WHERE is_default)
     FROM generate_series(1, $1::int) AS n`,
    [count],
  );
}

/** A result of each device every `everySeconds` from `day` on for 24 hours, loaded in bulk. Every 50th failed. */
export async function addDayOfPings(
  database: DataSource,
  day: string,
  devices: number,
  everySeconds: number,
): Promise<void> {
  await new Partitions(database).ensureDay('ping_results', new Date(day));
  const partition = `ping_results_${day.replaceAll('-', '')}`;
  for (let hour = 0; hour < 24; hour++) {
    await database.query(
      `INSERT INTO ${partition}
       SELECT $1::timestamptz + make_interval(secs => t), n, 3, CASE WHEN lost THEN 0 ELSE 3 END, lost::int,
              CASE WHEN NOT lost THEN 1 END, CASE WHEN NOT lost THEN 1 + n % 10 END, CASE WHEN NOT lost THEN 20 END, CASE WHEN NOT lost THEN 0.5 END
       FROM generate_series($2::int, $2::int + 3599, $4::int) AS t, generate_series(1, $3::int) AS n,
            LATERAL (SELECT (n + t / $4::int) % 50 = 0 AS lost) AS l`,
      [`${day}T00:00:00Z`, hour * 3_600, devices, everySeconds],
    );
  }
}
