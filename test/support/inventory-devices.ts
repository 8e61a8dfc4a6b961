import { type InventoryLab, startInventory } from './inventory-lab.js';
import { startTestPostgres, type TestPostgres } from './postgres.js';

/** A device, a site, a group or a profile, as it is answered. */
export interface Shown {
  id: string;
  name: string;
  ip: string;
  updated_at: string;
  tags: string[];
  custom_fields: Record<string, unknown>;
  parent: { id: string; name: string } | null;
  site: { name: string } | null;
  [field: string]: unknown;
}

/** Hooks of a `describe`: one PostgreSQL for all of its tests, and an empty inventory for each. */
export function eachOnEmptyInventory(begin: (lab: InventoryLab) => void): void {
  let postgres: TestPostgres;
  let lab: InventoryLab;
  beforeAll(async () => {
    postgres = await startTestPostgres();
  });
  beforeEach(async () => {
    lab = await startInventory(await postgres.createDatabase());
    begin(lab);
  });
  afterEach(() => lab.close());
  afterAll(() => postgres.stop());
}

/** Adds devices one by one: `device-1` with 10.1.0.1, and so on, unless said otherwise. */
export function deviceMaker(lab: InventoryLab): (fields?: object) => Promise<Shown> {
  let count = 0;
  return async (fields = {}) => {
    const number = ++count;
    const answer = await lab.call<Shown>('POST', '/devices', {
      name: `device-${number}`,
      ip: `10.1.${number >> 8}.${number & 255}`,
      ...fields,
    });
    if (answer.status !== 201) throw new Error(`${answer.code}: ${answer.detail}`);
    return answer.data;
  };
}
