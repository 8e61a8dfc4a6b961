import { spawn } from 'node:child_process';
import type { DatabaseConnection } from '../../src/platform/database/connection.js';
import { query, startTestPostgres, type TestPostgres } from '../support/postgres.js';
import { built, databaseUrl } from '../support/product.js';

jest.setTimeout(120_000);

const KEY = 'a-secrets-key-for-tests-of-the-move-in';
const COMMUNITY = 'ward-community-secret';
const CORE = '7d1f4a52-8a3e-4c57-9a51-0d8f0f6a1b01';
const PRINTER = '7d1f4a52-8a3e-4c57-9a51-0d8f0f6a1b02';
const BROKEN = '7d1f4a52-8a3e-4c57-9a51-0d8f0f6a1b03';

let postgres: TestPostgres;
let old: DatabaseConnection;
let ours: DatabaseConnection;
/** What the first move said. */
let applied = '';

const run = (...args: string[]): Promise<{ code: number | null; output: string }> =>
  new Promise((resolve) => {
    const child = spawn(
      process.execPath,
      [built('console/import-ward-ops.js'), '--database-url', databaseUrl(old), ...args],
      {
        env: { PATH: process.env['PATH'], DATABASE_URL: databaseUrl(ours), SWARMWARD_SECRETS_KEY: KEY },
      },
    );
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.once('close', (code) => resolve({ code, output }));
  });
const count = async (table: string): Promise<number> =>
  Number((await query<{ count: string }>(ours, `SELECT count(*) FROM ${table}`))[0]!.count);
const counts = async () => ({
  sites: await count('sites'),
  devices: await count('devices'),
  credentials: await count('credentials'),
  items: await count('monitoring_items'),
  profiles: await count('profiles'),
  pings: await count('ping_results'),
  rules: await count('alert_rules'),
});

beforeAll(async () => {
  postgres = await startTestPostgres();
  old = await postgres.createEmptyDatabase();
  ours = await postgres.createDatabase();
  for (const statement of OLD_SYSTEM) await query(old, statement);
  // As one that came with Swarmward.
  await query(
    ours,
    `INSERT INTO alert_rules (name, severity, scope, condition, expression) VALUES ('Down', 'critical', '{"kind":"self"}', '{}', '')`,
  );
});
afterAll(() => postgres?.stop());

describe('import:ward-ops', () => {
  it('shows first what would move in, and changes nothing', async () => {
    const { code, output } = await run();
    expect(output).toContain(
      '2 devices, 1 branches, 1 profiles, 1 SNMP communities, 1 items, 6 alert rules, and 4 pings of the last 7 days',
    );
    expect(output).toContain('device broken');
    expect(output).toMatch(/alert rule CPU: its expression "cpu_usage > 90" cannot be translated. Position 0/);
    expect(output).toContain('alert rule Of nothing: its device does not move in.');
    expect(output).toContain(
      'alert rule Never: its expression "packet_loss > 100" cannot be evaluated: Is always false',
    );
    expect(output).toContain('--apply');
    expect(code).toBe(0);
    expect(await counts()).toEqual({ sites: 0, devices: 0, credentials: 0, items: 0, profiles: 1, pings: 0, rules: 1 });
  });

  it('moves in, twice to the same end', async () => {
    const first = await run('--apply');
    applied = first.output;
    expect(first).toMatchObject({ code: 0 });
    const moved = { sites: 1, devices: 2, credentials: 1, items: 1, profiles: 2, pings: 4, rules: 6 };
    expect(await counts()).toEqual(moved);
    expect((await run('--apply')).code).toBe(0);
    expect(await counts()).toEqual(moved);
    expect(first.output).not.toContain(COMMUNITY);
  });

  it('keeps ids, custom fields and tags, and seals the community', async () => {
    const [core] = await query<Record<string, unknown>>(
      ours,
      `SELECT d.id, d.name, d.ip, d.tags, d.custom_fields, s.name AS site, d.snmp_credential_id IS NOT NULL AS credential
       FROM devices d LEFT JOIN sites s ON s.id = d.site_id WHERE d.id = '${CORE}'`,
    );
    expect(core).toEqual({
      id: CORE,
      name: 'core switch',
      ip: '10.20.0.1',
      tags: ['core', 'floor-2'],
      custom_fields: { region: 'north', floor_info: '2nd', ssh_port: 22 },
      site: 'Headquarters',
      credential: true,
    });
    const [sealed] = await query<{ text: string }>(ours, `SELECT encode(sealed, 'escape') AS text FROM credentials`);
    expect(sealed!.text).not.toContain(COMMUNITY);
  });

  it('translates alert rules and says what became of their channels and places', async () => {
    const rules = await query<Record<string, unknown>>(
      ours,
      `SELECT name, severity, enabled, scope, expression FROM alert_rules WHERE scope->>'kind' = 'devices' ORDER BY name`,
    );
    const headquarters = '7d1f4a52-8a3e-4c57-9a51-0d8f0f6a1b10';
    const every = { kind: 'devices', selector: { all: true } };
    expect(rules).toEqual([
      {
        name: 'Core slow',
        severity: 'medium',
        enabled: true,
        scope: { kind: 'devices', selector: { ids: [CORE] } },
        expression: 'avg(icmp.rtt_ms, 5m) > 200',
      },
      { name: 'Down (2)', severity: 'medium', enabled: false, scope: every, expression: 'icmp.no_data_seconds >= 300' },
      {
        name: 'Down (ward-ops)',
        severity: 'critical',
        enabled: true,
        scope: every,
        expression: 'icmp.down_seconds >= 300',
      },
      {
        name: 'Loss',
        severity: 'high',
        enabled: true,
        scope: { kind: 'devices', selector: { sites: [headquarters] } },
        expression: 'avg(icmp.loss_percent, 5m) > 20 and icmp.down_seconds < 60',
      },
      {
        name: 'Whole minutes',
        severity: 'info',
        enabled: true,
        scope: every,
        expression: 'icmp.down_seconds >= 300 and icmp.down_seconds < 360',
      },
    ]);
    expect(applied).toContain('Alert rules moved in: 5.');
    expect(applied).toContain('alert rule Grouped stayed out: there is no group routers: make it, and run this again.');
    expect(applied).toContain('alert rule Loss: there is no channel email: make it, and give it to the rule.');
    expect(applied).toContain('alert rule Loss: its recipients noc@example.org stay behind: name them in a channel.');
    expect(applied).toContain('alert rule Whole minutes: "==" of minutes is the whole minute');
  });

  it('moves a rule in later, once its group is there', async () => {
    await query(ours, `INSERT INTO groups (name, selector) VALUES ('routers', '{"tags":["router"]}')`);
    expect((await run('--apply')).output).toContain('Alert rules moved in: 1.');
    expect(await count('alert_rules')).toBe(7);
    expect((await run('--apply')).output).toContain('Alert rules moved in: 0.');
  });

  it('a failed ping of the old system, which has 0 for its time, has no time', async () => {
    const rows = await query(ours, 'SELECT sent, received, status, rtt_avg FROM ping_results ORDER BY status, ts');
    expect(rows).toEqual([
      { sent: 3, received: 3, status: 0, rtt_avg: 12 },
      { sent: 3, received: 3, status: 0, rtt_avg: 12 },
      { sent: 3, received: 3, status: 0, rtt_avg: 12 },
      { sent: 3, received: 0, status: 1, rtt_avg: null },
    ]);
    expect(await count('rollup_dirty')).toBeGreaterThan(0);
  });

  it('says what is wrong with its arguments, and with the old database', async () => {
    expect(await run('--days', 'many')).toMatchObject({ code: 1, output: expect.stringContaining('Usage:') });
    const empty = await postgres.createEmptyDatabase();
    const kept = old;
    old = empty;
    expect(await run()).toMatchObject({ code: 1, output: expect.stringContaining('no table standalone_devices') });
    old = kept;
  });
});

const OLD_SYSTEM = [
  `CREATE TABLE branches (id uuid PRIMARY KEY, name text, region text, latitude double precision, longitude double precision)`,
  `INSERT INTO branches VALUES ('7d1f4a52-8a3e-4c57-9a51-0d8f0f6a1b10', 'Headquarters', 'north', 52.5, 13.4)`,
  `CREATE TABLE standalone_devices (id uuid, name text, ip text, hostname text, vendor text, device_type text, model text,
     location text, description text, enabled boolean, discovered_at timestamp, last_seen timestamp, tags json, custom_fields json,
     branch_id uuid, normalized_name text, device_subtype text, floor_info text, unit_number text, original_name text, ssh_port int,
     ssh_username text, ssh_enabled boolean, snmp_community text, snmp_version text, snmp_port int, down_since timestamp,
     created_at timestamp, updated_at timestamp)`,
  `INSERT INTO standalone_devices (id, name, ip, enabled, tags, custom_fields, branch_id, floor_info, ssh_port, snmp_community, snmp_version, snmp_port)
   VALUES ('${CORE}', 'core switch', '10.20.0.1', true, '["Core", "floor 2"]', '{"region": "north"}',
           '7d1f4a52-8a3e-4c57-9a51-0d8f0f6a1b10', '2nd', 22, '${COMMUNITY}', '2c', 161),
          ('${PRINTER}', 'printer', '10.20.0.2', false, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
          ('${BROKEN}', 'broken', 'not an address', true, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)`,
  `CREATE TABLE monitoring_profiles (id int, name text, mode text, is_active boolean, description text)`,
  `INSERT INTO monitoring_profiles VALUES (1, 'Ping only', 'standalone', true, 'of the old system')`,
  `CREATE TABLE monitoring_items (device_id uuid, template_id int, oid_name text, oid text, interval int, value_type text, units text, enabled boolean)`,
  `INSERT INTO monitoring_items VALUES ('${CORE}', NULL, 'ifInOctets', '.1.3.6.1.2.1.2.2.1.10.1', 60, 'counter', 'B/s', true)`,
  `CREATE TABLE alert_rules (id uuid, device_id uuid, branch_id uuid, name text, description text, expression text, severity text,
     notification_channels json, notification_recipients json, device_group text, monitoring_item_id uuid, enabled boolean)`,
  `INSERT INTO alert_rules (id, device_id, branch_id, name, expression, severity, notification_channels, notification_recipients, device_group, enabled)
   VALUES ('7d1f4a52-8a3e-4c57-9a51-0d8f0f6a1c01', NULL, NULL, 'Down', 'ping_unreachable >= 5', 'CRITICAL', NULL, NULL, NULL, true),
          ('7d1f4a52-8a3e-4c57-9a51-0d8f0f6a1c02', NULL, NULL, 'Down', 'no_data', 'warning', '[]', NULL, NULL, false),
          ('7d1f4a52-8a3e-4c57-9a51-0d8f0f6a1c03', '${CORE}', '7d1f4a52-8a3e-4c57-9a51-0d8f0f6a1b10', 'Core slow', 'avg_ping_ms > 200', 'medium', NULL, NULL, NULL, NULL),
          ('7d1f4a52-8a3e-4c57-9a51-0d8f0f6a1c04', NULL, '7d1f4a52-8a3e-4c57-9a51-0d8f0f6a1b10', 'Loss', 'packet_loss > 20 AND ping_unreachable < 1', 'high',
           '["email"]', '["noc@example.org"]', NULL, true),
          ('7d1f4a52-8a3e-4c57-9a51-0d8f0f6a1c05', NULL, NULL, 'Whole minutes', 'ping_unreachable == 5', 'info', NULL, NULL, NULL, true),
          ('7d1f4a52-8a3e-4c57-9a51-0d8f0f6a1c06', NULL, NULL, 'Grouped', 'packet_loss > 50', 'low', NULL, NULL, 'routers', true),
          ('7d1f4a52-8a3e-4c57-9a51-0d8f0f6a1c07', NULL, NULL, 'CPU', 'cpu_usage > 90', 'high', NULL, NULL, NULL, true),
          ('7d1f4a52-8a3e-4c57-9a51-0d8f0f6a1c08', '${BROKEN}', NULL, 'Of nothing', 'packet_loss > 5', 'high', NULL, NULL, NULL, true),
          ('7d1f4a52-8a3e-4c57-9a51-0d8f0f6a1c09', NULL, NULL, 'Never', 'packet_loss > 100', 'high', NULL, NULL, NULL, true)`,
  `CREATE TABLE ping_results (id bigserial, device_ip text, device_name text, packets_sent int, packets_received int, packet_loss_percent int,
     min_rtt_ms int, avg_rtt_ms int, max_rtt_ms int, is_reachable boolean, timestamp timestamp)`,
  `INSERT INTO ping_results (device_ip, packets_sent, packets_received, packet_loss_percent, min_rtt_ms, avg_rtt_ms, max_rtt_ms, is_reachable, timestamp)
   SELECT '10.20.0.1', 3, CASE n WHEN 2 THEN 0 ELSE 3 END, 0, CASE n WHEN 2 THEN 0 ELSE 11 END, CASE n WHEN 2 THEN 0 ELSE 12 END,
          CASE n WHEN 2 THEN 0 ELSE 13 END, n <> 2, (now() AT TIME ZONE 'UTC') - n * interval '1 day'
   FROM generate_series(1, 4) n`,
  `INSERT INTO ping_results (device_ip, packets_sent, packets_received, is_reachable, timestamp)
   VALUES ('10.20.0.1', 3, 3, true, (now() AT TIME ZONE 'UTC') - interval '9 days')`,
];
