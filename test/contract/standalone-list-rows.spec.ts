import type { DataSource } from 'typeorm';
import type { HttpLab } from '../support/http-lab.js';
import { startTestPostgres, type TestPostgres } from '../support/postgres.js';
import { insertDevice } from '../support/reports-data.js';
import { devicesOf, LIST_PATH, listSchema, openReports } from '../support/standalone-list.js';

describe('the standalone list', () => {
  let postgres: TestPostgres;
  beforeAll(async () => {
    postgres = await startTestPostgres();
  });
  afterAll(() => postgres.stop());

  describe('tells of each device', () => {
    let database: DataSource;
    let lab: HttpLab;
    beforeAll(async () => {
      ({ database, lab } = await openReports(postgres));
    });
    afterAll(() => lab.close());
    beforeEach(() => database.query('TRUNCATE devices, sites CASCADE'));
    const only = async () => {
      const list = listSchema.parse((await lab.ask(LIST_PATH)).body);
      expect(list).toHaveLength(1);
      return list[0]!;
    };
    const state = (num: number, columns: Record<string, unknown>) => {
      const row = { device_num: num, state: 'up', since: new Date(), cause: 'probe', ...columns };
      const places = Object.keys(row).map((_, index) => `$${index + 1}`);
      return database.query(
        `INSERT INTO device_state (${Object.keys(row).join()}) VALUES (${places.join()})`,
        Object.values(row),
      );
    };

    it('one that was never probed: unknown, and null for all that only a probe can tell', async () => {
      await insertDevice(database, { name: 'new' });
      expect(await only()).toMatchObject({
        state: 'unknown',
        ping_status: 'Unknown',
        available: 'Unavailable',
        problems: 0,
        site: null,
        branch_id: null,
        ping_response_time: null,
        last_ping_timestamp: null,
        last_seen: null,
        down_since: null,
        loss_percent: null,
        last_known_state: null,
        in_maintenance: false,
        blind: false,
        flapping: false,
        region: null,
        tags: [],
      });
    });

    it.each([
      ['up', { state: 'up', outcome: 'ok', rtt_avg: 0.048 }, 'Up', 'Available', 0.048, 0],
      ['up, the last probe failed', { state: 'up', outcome: 'failed', rtt_avg: null }, 'Up', 'Available', null, 0],
      [
        'a time of a probe that was not answered',
        { state: 'up', outcome: 'failed', rtt_avg: 3 },
        'Up',
        'Available',
        null,
        0,
      ],
      ['down', { state: 'down', outcome: 'failed' }, 'Down', 'Unavailable', null, 1],
      ['unreachable', { state: 'unreachable', outcome: 'failed' }, 'Down', 'Unavailable', null, 1],
      ['unknown', { state: 'unknown', outcome: 'unknown' }, 'Unknown', 'Unavailable', null, 0],
      ['flapping', { state: 'up', outcome: 'ok', rtt_avg: 1, flapping: true }, 'Up', 'Available', 1, 1],
      ['down and flapping', { state: 'down', outcome: 'failed', flapping: true }, 'Down', 'Unavailable', null, 2],
    ])('%s', async (_, columns, ping_status, available, ping_response_time, problems) => {
      await state(await insertDevice(database, { name: 'one' }), columns);
      expect(await only()).toMatchObject({ ping_status, available, ping_response_time, problems });
    });

    it('one that nobody probes any more: unknown, the moment it is, beside what was known', async () => {
      const num = await insertDevice(database, { name: 'one' });
      await state(num, {
        last_known_state: 'up',
        outcome: 'ok',
        rtt_avg: 1,
        last_at: new Date(),
        fresh_until: new Date(Date.now() + 60_000),
      });
      expect(await only()).toMatchObject({ state: 'up', ping_status: 'Up', ping_response_time: 1 });
      await database.query(`UPDATE device_state SET fresh_until = now() - interval '1 second'`);
      expect(await only()).toMatchObject({
        state: 'unknown',
        ping_status: 'Unknown',
        available: 'Unavailable',
        ping_response_time: null,
        last_known_state: 'up',
        problems: 0,
      });
      expect(devicesOf(await lab.ask(`${LIST_PATH}?state=up`))).toEqual([]);
      expect(devicesOf(await lab.ask(`${LIST_PATH}?state=unknown`))).toHaveLength(1);
      await database.query('UPDATE devices SET enabled = false');
      expect(await only()).toMatchObject({ state: 'up' });
      expect(devicesOf(await lab.ask(`${LIST_PATH}?state=up`))).toEqual([]);
    });

    it('each SNMP item in error is a problem; disabled ones and good ones are none', async () => {
      const num = await insertDevice(database, { name: 'one' });
      await database.query(
        `WITH items AS (INSERT INTO monitoring_items (device_id, name, oid, enabled)
           SELECT d.id, 'item ' || n, '1.3.6', n <> 3 FROM devices d, generate_series(1, 4) n WHERE d.num = $1 RETURNING num, name)
         INSERT INTO snmp_item_state (item_num, error) SELECT num, CASE WHEN name <> 'item 4' THEN 'timeout' END FROM items`,
        [num],
      );
      expect(await only()).toMatchObject({ problems: 2, ping_status: 'Unknown' });
    });

    it('region and place out of the custom fields of a device without a site', async () => {
      const custom = { region: 'South', branch: 'B-9', latitude: '48.1', longitude: 11.5 };
      await insertDevice(database, { name: 'one', custom_fields: custom });
      expect(await only()).toMatchObject({
        region: 'South',
        branch: 'B-9',
        latitude: 48.1,
        longitude: 11.5,
        custom_fields: custom,
      });
      expect(devicesOf(await lab.ask(`${LIST_PATH}?region=South&branch=B-9`))).toHaveLength(1);
      expect(devicesOf(await lab.ask(`${LIST_PATH}?region=North`))).toHaveLength(0);
    });

    it('times to the millisecond, and any text as it is', async () => {
      const name = `"quoted" \\ back\n日本 😀 <b>`;
      const num = await insertDevice(database, { name, description: name, tags: ['ä,b', '"'] });
      const at = '2026-11-21T05:12:40.049Z';
      await state(num, { last_at: at, last_ok_at: at, down_since: at });
      expect(await only()).toMatchObject({
        name,
        description: name,
        tags: ['ä,b', '"'],
        last_ping_timestamp: at,
        last_seen: at,
        down_since: at,
      });
    });

    it('what was changed a moment ago, also of its site; never a device that is gone', async () => {
      const [site] = await database.query<[{ id: string }]>(`INSERT INTO sites (name) VALUES ('Old') RETURNING id`);
      await insertDevice(database, { name: 'one', site_id: site.id });
      expect(await only()).toMatchObject({ site: { name: 'Old' }, region: null });
      await database.query(`UPDATE sites SET name = 'New', region = 'North'`);
      expect(await only()).toMatchObject({ site: { name: 'New' }, region: 'North' });
      await database.query(`UPDATE devices SET name = 'two', site_id = NULL`);
      expect(await only()).toMatchObject({ name: 'two', site: null });
      await database.query('DELETE FROM devices');
      expect(devicesOf(await lab.ask(LIST_PATH))).toEqual([]);
    });

    it('no secret', async () => {
      await insertDevice(database, { name: 'one' });
      expect(Object.keys(await only()).join()).not.toMatch(/credential|community|password|sealed/);
    });
  });
});
