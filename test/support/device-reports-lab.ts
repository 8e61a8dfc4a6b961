import type { DataSource } from 'typeorm';
import type { HttpLab } from './http-lab.js';
import { startTestPostgres } from './postgres.js';
import { insertDevice, makePartitions } from './reports-data.js';
import { startReportsLab } from './reports-lab.js';

export const DAY_MS = 86_400_000;
export const TODAY = Math.floor(Date.now() / DAY_MS) * DAY_MS;
/** `2.06:30` is half past six on the second day before today. */
export function at(text: string): string {
  const [days, time] = text.split('.');
  return new Date(TODAY - Number(days) * DAY_MS + Date.parse(`1970-01-01T${time}:00Z`)).toISOString();
}

/** The reports on devices over HTTP, on a PostgreSQL of their own, with partitions of the last days. */
export interface DeviceReportsLab extends HttpLab {
  database: DataSource;
  add(columns?: Record<string, unknown>): Promise<{ num: number; id: string }>;
  /** What is answered with 200. */
  get<T = Record<string, unknown>>(path: string): Promise<T>;
  /** Forgets every device and all of its history. */
  clear(): Promise<void>;
}

export async function startDeviceReportsLab(): Promise<DeviceReportsLab> {
  const postgres = await startTestPostgres();
  const database = await postgres.openDataSource();
  const lab = await startReportsLab(database);
  for (const table of ['ping_results', 'ping_5m', 'ping_1h'] as const) {
    await makePartitions(database, table, new Date(TODAY - 3 * DAY_MS), 5);
  }
  return {
    ...lab,
    database,
    add: async (columns = {}) => {
      const num = await insertDevice(database, { name: 'one', ...columns });
      const [row] = await database.query<[{ id: string }]>('SELECT id FROM devices WHERE num = $1', [num]);
      return { num, id: row.id };
    },
    get: async <T>(path: string): Promise<T> => {
      const { status, body } = await lab.ask(`/api/v1/devices/${path}`);
      expect({ status, body }).toMatchObject({ status: 200, body: expect.anything() });
      return body as T;
    },
    clear: async () => {
      await database.query(
        'TRUNCATE devices, sites, groups, state_events, ping_results, ping_5m, ping_1h, rollup_progress CASCADE',
      );
    },
    close: async () => {
      await lab.close();
      await postgres.stop();
    },
  };
}
