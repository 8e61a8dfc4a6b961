import type { DataSource, Logger } from 'typeorm';
import { readSettings } from '../../src/platform/config/read-settings.js';
import { AlertLedger } from '../../src/alerts/ledger/alert-ledger.store.js';
import { alertEventsQuery, alertsQuery } from '../../src/alerts/ledger/alerts.dto.js';
import { OPEN_ALERTS } from '../../src/alerts/evaluator/situation.store.js';
import { SnmpItemsStore } from '../../src/probes/snmp/snmp-items.store.js';
import { snmpValuesQuery } from '../../src/probes/snmp/snmp-values.dto.js';
import { SnmpValues } from '../../src/probes/snmp/snmp-values.store.js';
import { fillAlerts } from '../support/alert-seeds.js';
import type { HttpLab } from '../support/http-lab.js';
import { startTestPostgres, type TestPostgres } from '../support/postgres.js';
import { fillInventory, fillPings, fillStates, makePartitions } from '../support/reports-data.js';
import { startReportsLab } from '../support/reports-lab.js';

/** The questions of docs/database.md, each over enough rows for PostgreSQL to care: which index answers it, and how many pages it reads. */
const DAY_MS = 86_400_000;
const FIRST_DAY = Math.floor(Date.now() / DAY_MS) * DAY_MS - 2 * DAY_MS;
const time = (days: number, hours = 0): string => new Date(FIRST_DAY + days * DAY_MS + hours * 3_600_000).toISOString();

interface Plan {
  'Node Type': string;
  'Relation Name'?: string;
  'Index Name'?: string;
  'Shared Hit Blocks': number;
  'Shared Read Blocks': number;
  Plans?: Plan[];
}

/** A statement as it was sent. */
interface Sent {
  text: string;
  values: unknown[];
}

describe('access paths', () => {
  let postgres: TestPostgres;
  let database: DataSource;
  let lab: HttpLab;
  let device: { num: number; id: string };

  beforeAll(async () => {
    postgres = await startTestPostgres();
    database = await postgres.openDataSource();
    // It would decide when pages are known to be visible to all, which counts the pages that are read.
    await database.query('ALTER SYSTEM SET autovacuum = off');
    await database.query('SELECT pg_reload_conf()');
    await fillInventory(database, { devices: 10_000, sites: 500 });
    await fillStates(database);
    for (const table of ['ping_results', 'ping_5m', 'ping_1h', 'snmp_results'] as const) {
      await makePartitions(database, table, new Date(FIRST_DAY), 3);
    }
    for (const day of [0, 1, 2]) {
      const from = new Date(FIRST_DAY + day * DAY_MS);
      await fillPings(database, { from, devices: 1_000, cycles: 100, everySeconds: 864 });
    }
    for (const table of ['ping_5m', 'ping_1h']) {
      await database.query(
        `INSERT INTO ${table} SELECT $1::timestamptz + n * interval '1 hour', device, 10, 30, 30, 300, 0, 0, 0, 1, 2, 3, 3
         FROM generate_series(0, 71) n, generate_series(1, 1000) device`,
        [time(0)],
      );
    }
    await database.query(
      `INSERT INTO state_events (device_num, at, from_state, to_state, cause)
       SELECT device, $1::timestamptz + n * interval '3 hours', 'up', 'down', 'probe'
       FROM generate_series(0, 19) n, generate_series(1, 10000) device`,
      [time(0)],
    );
    await database.query(
      `INSERT INTO monitoring_items (device_id, name, oid)
       SELECT id, 'item ' || n, '1.3.6.1.2.1.' || n FROM devices, generate_series(1, 5) n ORDER BY num, n`,
    );
    await database.query(
      `INSERT INTO snmp_item_state (item_num, at, value) SELECT num, now(), 1 FROM monitoring_items`,
    );
    await database.query(`UPDATE snmp_item_state SET error = 'no_response' WHERE item_num % 1000 = 7`);
    await database.query(
      `INSERT INTO snmp_results (ts, item_num, value, status) SELECT $1::timestamptz + n * interval '1 hour', item, 1, 0
       FROM generate_series(0, 71) n, generate_series(1, 2000) item`,
      [time(0)],
    );
    await database.query(
      `UPDATE devices SET parent_id = (SELECT id FROM devices WHERE num = 1) WHERE num BETWEEN 2 AND 9`,
    );
    await fillAlerts(database, { resolved: 50_000, open: 1_000 });
    await database.query('VACUUM ANALYZE');
    [device] = await database.query<[typeof device]>('SELECT num, id FROM devices WHERE num = 500');
    lab = await startReportsLab(database);
  }, 180_000);
  afterAll(async () => {
    await lab.close();
    await postgres.stop();
  });

  const explain = async ({ text, values }: Sent) => {
    const [row] = await database.query<[{ 'QUERY PLAN': [{ Plan: Plan }] }]>(
      `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${text}`,
      values,
    );
    const [{ Plan: plan }] = row['QUERY PLAN'];
    const nodes = flatten(plan);
    return {
      indexes: nodes.flatMap((node) => node['Index Name'] ?? []),
      scanned: nodes.filter((node) => node['Node Type'] === 'Seq Scan').map((node) => node['Relation Name']),
      pages: plan['Shared Hit Blocks'] + plan['Shared Read Blocks'],
    };
  };

  /** What the product itself sends. */
  const sentBy = async (work: () => Promise<unknown>): Promise<Sent[]> => {
    const sent: Sent[] = [];
    const original = database.logger;
    database.logger = {
      ...silent,
      logQuery: (text, values) => void sent.push({ text, values: Array.isArray(values) ? values : [] }),
    };
    try {
      await work();
    } finally {
      database.logger = original;
    }
    return sent;
  };
  const sentFor = (path: string): Promise<Sent[]> =>
    sentBy(async () => expect(await lab.ask(`/api/v1/devices/${path}`)).toMatchObject({ status: 200 }));

  describe('the old system’s questions', () => {
    it.each<[string, string, unknown[], RegExp, number]>([
      [
        'the latest ping of a device',
        'SELECT * FROM ping_results WHERE device_num = $1 ORDER BY ts DESC LIMIT 1',
        [500],
        /^ping_results_\d{8}_device_num_ts_idx$/,
        20,
      ],
      [
        'the state of a device, which is its latest ping',
        'SELECT * FROM device_state WHERE device_num = $1',
        [500],
        /^device_state_pkey$/,
        6,
      ],
      [
        'pings of a device in a range',
        'SELECT * FROM ping_results WHERE device_num = $1 AND ts >= $2 AND ts < $3',
        [500, time(1), time(1, 6)],
        /^ping_results_\d{8}_device_num_ts_idx$/,
        60,
      ],
      [
        'pings of a range',
        'SELECT count(*) FROM ping_results WHERE ts >= $1 AND ts < $2',
        [time(1), time(1, 0.1)],
        /^ping_results_\d{8}_ts_idx$/,
        400,
      ],
      [
        'devices of a site',
        'SELECT * FROM devices WHERE site_id = (SELECT id FROM sites WHERE name = $1)',
        ['Site 7'],
        /^devices_site_idx$/,
        60,
      ],
      [
        'open alerts of a device and rule',
        `SELECT id, state FROM alerts WHERE device_num = $1 AND rule_id = (SELECT id FROM alert_rules WHERE name = $2)
           AND state <> 'resolved'`,
        [500, 'Rule 1'],
        /^alerts_open_device_idx$/,
        8,
      ],
      [
        'enabled devices by vendor',
        `SELECT num FROM devices WHERE enabled AND vendor = $1`,
        ['Rare'],
        /^devices_vendor_idx$/,
        20,
      ],
    ])('%s', async (_, text, values, index, pages) => {
      const plan = await explain({ text, values });
      expect(plan.indexes).toContainEqual(expect.stringMatching(index));
      expect(plan.pages).toBeLessThanOrEqual(pages);
    });
  });

  describe('ours', () => {
    it.each<[string, string, unknown[], RegExp, number]>([
      ['a device by its id', 'SELECT * FROM devices WHERE id = $1', [], /^devices_pkey$/, 6],
      ['a device by its address', 'SELECT id FROM devices WHERE ip = $1', ['10.0.1.5'], /^devices_ip_(idx|key)$/, 6],
      [
        'devices of a tag',
        `SELECT id FROM devices WHERE tags @> ARRAY[$1::text]`,
        ['batch-7'],
        /^devices_tags_idx$/,
        250,
      ],
      [
        'children of a device',
        'SELECT id FROM devices WHERE parent_id = (SELECT id FROM devices WHERE num = $1)',
        [1],
        /^devices_parent_idx$/,
        30,
      ],
      [
        'devices of a shard',
        'SELECT num, ip FROM devices WHERE num >= $1 AND num < $2',
        [0, 200],
        /^devices_num_key$/,
        60,
      ],
      [
        'items of a device',
        'SELECT * FROM monitoring_items WHERE device_id = (SELECT id FROM devices WHERE num = $1)',
        [7],
        /^monitoring_items_name_key$/,
        12,
      ],
      [
        'values of an item in a range',
        'SELECT * FROM snmp_results WHERE item_num = $1 AND ts >= $2 AND ts < $3',
        [7, time(1), time(2)],
        /^snmp_results_\d{8}_item_num_ts_idx$/,
        60,
      ],
      [
        'rollups of a range, to make hours of five minutes',
        'SELECT count(*) FROM ping_5m WHERE bucket >= $1 AND bucket < $2',
        [time(1), time(1, 1)],
        /^ping_5m_\d{8}_bucket_idx$/,
        500,
      ],
      [
        'events since an instant',
        'SELECT count(*) FROM state_events WHERE at >= $1',
        [time(2, 8)],
        /^state_events_at_idx$/,
        600,
      ],
      [
        'events of a cycle',
        'SELECT * FROM state_events WHERE id BETWEEN $1 AND $2',
        [5_000, 5_100],
        /^state_events_pkey$/,
        20,
      ],
    ])('%s', async (name, text, values, index, pages) => {
      const plan = await explain({ text, values: name === 'a device by its id' ? [device.id] : values });
      expect(plan.indexes).toContainEqual(expect.stringMatching(index));
      expect(plan.pages).toBeLessThanOrEqual(pages);
    });
  });

  describe('what the product sends', () => {
    it.each<[string, () => string, RegExp[], number]>([
      ['the state of a device', () => `${device.id}/state`, [/^devices_pkey$/, /^device_state_pkey$/], 12],
      [
        'a page of its pings',
        () => `${device.id}/pings?limit=20&from=${time(0)}&to=${time(3)}`,
        [/^devices_pkey$/, /^ping_results_\d{8}_device_num_ts_idx$/],
        700,
      ],
      [
        'its pings of a day',
        () => `${device.id}/pings?limit=20&from=${time(1)}&to=${time(2)}`,
        [/^ping_results_\d{8}_device_num_ts_idx$/],
        130,
      ],
      [
        'its series of six hours',
        () => `${device.id}/rollups?from=${time(1)}&to=${time(1, 6)}`,
        [/^ping_results_\d{8}_device_num_ts_idx$/],
        80,
      ],
      ['its series of a day', () => `${device.id}/rollups?from=${time(1)}&to=${time(2)}`, [/^ping_5m_\d{8}_pkey$/], 80],
      [
        'its series of three days by the hour',
        () => `${device.id}/rollups?resolution=1h&from=${time(0)}&to=${time(3)}`,
        [/^ping_1h_\d{8}_pkey$/],
        200,
      ],
      ['its changes of state', () => `${device.id}/events?limit=5`, [/^state_events_device_idx$/], 80],
      [
        'its availability',
        () => `${device.id}/availability?from=${time(1)}&to=${time(2)}`,
        [/^state_events_device_idx$/],
        60,
      ],
      [
        'the availability of a tag',
        () => `availability?tag=batch-7&from=${time(1)}&to=${time(2)}`,
        [/^devices_tags_idx$/, /^state_events_device_idx$/],
        3_500,
      ],
      [
        'a page of the list',
        () => 'standalone/list?limit=20&skip=40',
        [/^devices_name_idx$/, /^device_state_pkey$/],
        2_000,
      ],
    ])('%s', async (_, path, indexes, pages) => {
      const plans = await Promise.all((await sentFor(path())).map(explain));
      const used = plans.flatMap((plan) => plan.indexes);
      for (const index of indexes) expect(used).toContainEqual(expect.stringMatching(index));
      const history = plans
        .flatMap(({ scanned }) => scanned)
        .filter((table) => /^(ping|snmp_results|state_events)/.test(table!));
      expect(history).toEqual([]);
      expect(Math.max(...plans.map((plan) => plan.pages))).toBeLessThanOrEqual(pages);
    });

    it('items to poll now: 10,000 of an interval and shard', async () => {
      const store = new SnmpItemsStore(database, readSettings({}));
      const [sent] = await sentBy(async () => expect((await store.due(60, 1)).length).toBeGreaterThan(9_000));
      const plan = await explain(sent!);
      expect(plan.indexes).toEqual(['monitoring_items_num_key', 'snmp_item_state_pkey']);
      // Each table once, not each row by itself.
      expect(plan.pages).toBeLessThanOrEqual(2_000);
    });

    it('values of items that fail', async () => {
      const values = new SnmpValues(database);
      const plans = await Promise.all(
        (await sentBy(() => values.latest(snmpValuesQuery.parse({ error: 'true' })))).map(explain),
      );
      for (const plan of plans) {
        expect(plan.indexes).toContain('snmp_item_state_error_idx');
        expect(plan.pages).toBeLessThanOrEqual(400);
      }
    });

    it.each<[string, object, RegExp, number]>([
      ['alerts that are open', {}, /^alerts_(fired_idx|fingerprint_key|open_device_idx)$/, 1_200],
      [
        'alerts of a device, whatever became of them',
        { state: 'all', device: 'the device' },
        /^alerts_device_idx$/,
        60,
      ],
      ['the last alerts that were resolved', { state: 'resolved' }, /^alerts_fired_idx$/, 200],
      ['alerts of a day', { state: 'all', from: time(0), to: time(0, 1) }, /^alerts_fired_idx$/, 600],
    ])('%s', async (_, query, index, pages) => {
      const asked = alertsQuery.parse({ ...query, ...('device' in query && { device: device.id }) });
      const [rows] = await sentBy(() => new AlertLedger(database).list(asked));
      const plan = await explain(rows!);
      expect(plan.indexes).toContainEqual(expect.stringMatching(index));
      expect(plan.pages).toBeLessThanOrEqual(pages);
    });

    it('what happened to an alert', async () => {
      const [alert] = await database.query<[{ id: string }]>('SELECT alert_id AS id FROM alert_events LIMIT 1');
      const sent = await sentBy(() => new AlertLedger(database).events(alert.id, alertEventsQuery.parse({})));
      const plans = await Promise.all(sent.map(explain));
      expect(plans.flatMap(({ indexes }) => indexes)).toContain('alert_events_alert_idx');
      expect(plans.flatMap(({ scanned }) => scanned)).toEqual([]);
    });

    it('the alerts that the evaluator goes on from', async () => {
      const plan = await explain({ text: OPEN_ALERTS, values: [] });
      expect(plan.scanned).toEqual([]);
      expect(plan.pages).toBeLessThanOrEqual(1_200);
    });

    it('the list of all devices, which reads as many pages whatever ping_results holds', async () => {
      const sent = await sentFor('standalone/list?tag=batch-7');
      const before = await Promise.all(sent.map(explain));
      expect(sent.map(({ text }) => text).join()).not.toMatch(/ping_|state_events/);
      await fillPings(database, { from: new Date(FIRST_DAY + 1_000), devices: 1_000, cycles: 50, everySeconds: 864 });
      const after = await Promise.all(sent.map(explain));
      const pages = (plans: typeof before) => plans.reduce((sum, plan) => sum + plan.pages, 0);
      // A few more or less: who reads tidies up.
      expect(Math.abs(pages(after) - pages(before))).toBeLessThanOrEqual(10);
    });
  });
});

const silent: Logger = {
  logQuery: () => undefined,
  logQueryError: () => undefined,
  logQuerySlow: () => undefined,
  logSchemaBuild: () => undefined,
  logMigration: () => undefined,
  log: () => undefined,
};

function flatten(plan: Plan): Plan[] {
  return [plan, ...(plan.Plans ?? []).flatMap(flatten)];
}
