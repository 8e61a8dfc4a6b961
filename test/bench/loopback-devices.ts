import type { DataSource } from 'typeorm';

/** Address of device n: all of 127.0.0.0/8 answers pings. */
const ADDRESS = `'127.' || 1 + n / 65536 || '.' || n / 256 % 256 || '.' || n % 256`;

/** Devices on loopback, pinged by the default profile (3 packets, every 30 s). Their numbers begin at 0, so that 10,000 are one shard. */
export async function addLoopbackDevices(database: DataSource, count: number): Promise<void> {
  await database.query(
    `INSERT INTO devices (num, name, ip, profile_id) OVERRIDING SYSTEM VALUE
     SELECT n, 'Device ' || n, ${ADDRESS}, (SELECT id FROM profiles WHERE is_default) FROM generate_series(0, $1::int - 1) AS n`,
    [count],
  );
  await database.query('ANALYZE devices');
}
