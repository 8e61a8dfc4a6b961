import { Client } from 'pg';
import type { DatabaseConnection } from '../../src/platform/database/connection.js';
import { toPgConfig } from '../../src/platform/database/pg-config.driver.js';
import { DEFAULT_RULES } from '../../src/alerts/rules/default-rules.js';
import { installDefaultRules } from '../../src/alerts/rules/install-default-rules.store.js';
import { query, startTestPostgres, type TestPostgres } from '../support/postgres.js';

const KEYS = DEFAULT_RULES.map(({ key }) => key).sort();

// Real: PostgreSQL, the product's tables.
describe('default rules', () => {
  let postgres: TestPostgres;
  let connection: DatabaseConnection;
  const clients: Client[] = [];
  const client = async (): Promise<Client> => {
    const made = new Client(toPgConfig(connection));
    await made.connect();
    clients.push(made);
    return made;
  };
  beforeAll(async () => {
    postgres = await startTestPostgres();
  });
  beforeEach(async () => {
    connection = await postgres.createDatabase();
  });
  afterEach(() => Promise.all(clients.splice(0).map((each) => each.end())));
  afterAll(() => postgres.stop());

  it('are installed whole', async () => {
    expect((await installDefaultRules(await client())).sort()).toEqual(KEYS);
    const [loss] = await query<Record<string, unknown>>(
      connection,
      "SELECT * FROM alert_rules WHERE key = 'device_loss'",
    );
    expect(loss).toMatchObject({
      name: 'Packet loss',
      enabled: true,
      severity: 'high',
      scope: { kind: 'devices', selector: { all: true } },
      expression: 'avg(icmp.loss_percent, 5m) > 20 and device.up_seconds >= 300',
      condition: {
        all: [
          { metric: 'icmp.loss_percent', agg: 'avg', window_seconds: 300, op: '>', value: 20 },
          { metric: 'device.up_seconds', op: '>=', value: 300 },
        ],
      },
      recovery_expression: 'avg(icmp.loss_percent, 5m) < 5',
      recovery_condition: { metric: 'icmp.loss_percent', agg: 'avg', window_seconds: 300, op: '<', value: 5 },
      no_data: 'keep',
      group_by: ['site'],
      runbook_url: null,
    });
    const [flapping] = await query<Record<string, unknown>>(
      connection,
      "SELECT * FROM alert_rules WHERE key = 'device_flapping'",
    );
    expect(flapping).toMatchObject({ recovery_condition: null, recovery_expression: null, for_seconds: 0 });
  });

  it('are installed once, by whoever of several comes first', async () => {
    const starts = await Promise.all([client(), client(), client()]);
    const installed = await Promise.all(starts.map((start) => installDefaultRules(start)));
    expect(installed.flat().sort()).toEqual(KEYS);
    expect(await installDefaultRules(starts[0]!)).toEqual([]);
  });

  it('do not come back when they are deleted, and stay as people have changed them', async () => {
    const start = await client();
    await installDefaultRules(start);
    await start.query("DELETE FROM alert_rules WHERE key = 'device_rtt'");
    await start.query("UPDATE alert_rules SET name = 'Ours', enabled = false WHERE key = 'device_down'");
    expect(await installDefaultRules(start)).toEqual([]);
    const { rows } = await start.query(
      "SELECT key, name, enabled FROM alert_rules WHERE key LIKE 'device_r%' OR key = 'device_down'",
    );
    expect(rows).toEqual([{ key: 'device_down', name: 'Ours', enabled: false }]);
  });

  it('come with a later version beside those that are there', async () => {
    const start = await client();
    await installDefaultRules(start, DEFAULT_RULES.slice(1));
    expect(await installDefaultRules(start)).toEqual([DEFAULT_RULES[0]!.key]);
  });

  it('leave a name to whoever took it', async () => {
    const start = await client();
    await start.query(
      `INSERT INTO alert_rules (name, severity, scope, condition, expression) VALUES ('Device down', 'low', '{"kind":"self"}', '{}', 'x')`,
    );
    await installDefaultRules(start);
    const { rows } = await start.query(
      "SELECT key, name FROM alert_rules WHERE name LIKE 'Device down%' ORDER BY name",
    );
    expect(rows).toEqual([
      { key: null, name: 'Device down' },
      { key: 'device_down', name: 'Device down (default)' },
    ]);
  });
});
