import type { Type } from '@nestjs/common';
import type { DatabaseConnection } from '../../src/platform/database/connection.js';
import { type InventoryLab, startInventory } from './inventory-lab.js';
import { startTestPostgres, type TestPostgres } from './postgres.js';

/** Something that has secrets, as it is answered. */
export interface Shown {
  id: string;
  name: string;
  [field: string]: unknown;
}

/** The settings of whoever may store secrets. */
export const KEY = { SWARMWARD_SECRETS_KEY: 'a-key-for-tests-a-key-for-tests-1' };

export interface SecretsLabs {
  createDatabase(): Promise<DatabaseConnection>;
  /** Another one in place of that which the test has closed. On a new database unless it is given one. */
  start(env?: Record<string, string>, connection?: DatabaseConnection): Promise<InventoryLab>;
}

/**
 * Hooks of a `describe`: one PostgreSQL for all of its tests, and for each an empty inventory beside `face`, with a key for
 * secrets.
 */
export function eachWithSecrets(face: Type, begin: (lab: InventoryLab) => void): SecretsLabs {
  let postgres: TestPostgres;
  let lab: InventoryLab;
  const createDatabase = () => postgres.createDatabase();
  const start: SecretsLabs['start'] = async (env = KEY, connection) =>
    (lab = await startInventory(connection ?? (await createDatabase()), undefined, { env, faces: [face] }));
  beforeAll(async () => {
    postgres = await startTestPostgres();
  });
  beforeEach(async () => begin(await start()));
  afterEach(() => lab.close());
  afterAll(() => postgres.stop());
  return { createDatabase, start };
}
