import type { DataSource } from 'typeorm';
import { z } from 'zod';
import { type StandaloneDevice, standaloneDeviceSchema } from '../../src/probes/reports/list/standalone-list.dto.js';
import type { Answer, HttpLab } from './http-lab.js';
import type { TestPostgres } from './postgres.js';
import { startReportsLab } from './reports-lab.js';

export const LIST_PATH = '/api/v1/devices/standalone/list';
export const listSchema = z.array(standaloneDeviceSchema);

/** The reports over HTTP, on a fresh database. */
export async function openReports(postgres: TestPostgres): Promise<{ database: DataSource; lab: HttpLab }> {
  const database = await postgres.openDataSource();
  return { database, lab: await startReportsLab(database) };
}

/** What is answered with 200. */
export function devicesOf({ status, body }: Answer): StandaloneDevice[] {
  expect({ status, body }).toMatchObject({ status: 200, body: expect.any(Array) });
  return body as StandaloneDevice[];
}
