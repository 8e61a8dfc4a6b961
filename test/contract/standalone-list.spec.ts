import { connect, type Socket } from 'node:net';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import type { DataSource } from 'typeorm';
import { z } from 'zod';
import {
  type StandaloneDevice,
  standaloneDeviceSchema,
  standaloneExample,
} from '../../src/probes/reports/list/standalone-list.dto.js';
import { MAX_IN_MEMORY } from '../../src/probes/reports/list/standalone-list.store.js';
import { StreamLimits } from '../../src/probes/reports/streamed-answer.client.js';
import { recordStatements } from '../support/count-statements.js';
import { eventually } from '../support/eventually.js';
import type { Answer, HttpLab } from '../support/http-lab.js';
import { startTestPostgres, type TestPostgres } from '../support/postgres.js';
import { fillInventory, fillStates, insertDevice } from '../support/reports-data.js';
import { startReportsLab } from '../support/reports-lab.js';

const PATH = '/api/v1/devices/standalone/list';
const listSchema = z.array(standaloneDeviceSchema);

describe('the standalone list', () => {
  let postgres: TestPostgres;
  beforeAll(async () => {
    postgres = await startTestPostgres();
  });
  afterAll(() => postgres.stop());

  const open = async () => {
    const database = await postgres.openDataSource();
    return { database, lab: await startReportsLab(database) };
  };
  const devices = ({ status, body }: Answer): StandaloneDevice[] => {
    expect({ status, body }).toMatchObject({ status: 200, body: expect.any(Array) });
    return body as StandaloneDevice[];
  };

  describe('of 875 devices', () => {
    let database: DataSource;
    let lab: HttpLab;
    beforeAll(async () => {
      ({ database, lab } = await open());
      await fillInventory(database, { devices: 875 });
      await fillStates(database);
    });
    afterAll(() => lab.close());
    const names = async (query: string) => devices(await lab.ask(`${PATH}?${query}`)).map(({ name }) => name);

    it('holds all of them, sorted by name, each as documented', async () => {
      const answer = await lab.ask(PATH);
      const list = listSchema.parse(answer.body);
      expect(list).toHaveLength(875);
      expect(list.map(({ name }) => name)).toEqual(list.map(({ name }) => name).sort());
      expect(answer.headers).toMatchObject({
        'x-total-count': '875',
        'content-type': 'application/json; charset=utf-8',
        etag: expect.stringMatching(/^W\//),
        'cache-control': 'private, no-cache',
      });
      expect(Object.keys(list[0]!).sort()).toEqual(Object.keys(standaloneExample).sort());
      const { ip, site, branch_id, region, available, ping_status, ping_response_time, tags, custom_fields } = list[0]!;
      expect({ ip, available, ping_status, ping_response_time }).toEqual({
        ip: '10.0.0.1',
        available: 'Available',
        ping_status: 'Up',
        ping_response_time: 0.048,
      });
      expect(branch_id).toBe(site!.id);
      expect(region).toBe(site!.region);
      expect(tags).toEqual(['tag-1', 'batch-1']);
      expect(custom_fields).toEqual({ rack: 1, owner: 'team 1' });
    });

    it('takes two statements at first, one from then on, one more for a page; never a word of ping_results', async () => {
      const cold = await open();
      await fillInventory(cold.database, { devices: 875 });
      const statements = (path: string) => recordStatements(cold.database, () => cold.lab.ask(path));
      const first = await statements(PATH);
      expect(first).toHaveLength(2);
      expect(await statements(PATH)).toHaveLength(1);
      expect(await statements(`${PATH}?limit=10&skip=20`)).toHaveLength(2);
      await cold.database.query(`UPDATE devices SET location = 'moved'`);
      expect(await statements(`${PATH}?limit=875`)).toHaveLength(3);
      expect(first.join()).not.toContain('ping_results');
      await cold.lab.close();
    });

    it('answers 304 until something changes, and is compressed for who likes it', async () => {
      const plain = await lab.ask(PATH);
      const etag = String(plain.headers['etag']);
      expect(await lab.ask(PATH, { headers: { 'if-none-match': etag } })).toMatchObject({ status: 304 });
      for (const [encoding, decode] of [
        ['gzip', gunzipSync],
        ['br', brotliDecompressSync],
      ] as const) {
        const packed = await lab.ask(PATH, { headers: { 'accept-encoding': encoding } });
        expect(packed.headers['content-encoding']).toBe(encoding);
        expect(decode(packed.raw).equals(plain.raw)).toBe(true);
      }
      await database.query('UPDATE device_state SET rtt_avg = rtt_avg + 1 WHERE device_num = 1');
      expect(await lab.ask(PATH, { headers: { 'if-none-match': etag } })).toMatchObject({ status: 200 });
      await database.query('UPDATE device_state SET rtt_avg = rtt_avg - 1 WHERE device_num = 1');
    });

    it.each([
      ['enabled=false', 17],
      ['enabled=true', 858],
      ['vendor=Juniper', 219],
      ['device_type=camera', 220],
      ['location=Floor%203', 30],
      ['region=Region%201', 350],
      ['site=Site%203', 88],
      ['branch=Branch%203', 88],
      ['tag=tag-2', 175],
      ['state=down', 70],
      ['state=up', 788],
      ['state=unreachable', 0],
      ['state=unknown', 0],
      ['enabled=false&state=up', 0],
      ['q=DEVICE%20000123', 1],
      ['q=10.0.1.', 256],
      ['q=%25', 0],
      ['vendor=Juniper&tag=tag-2&state=up', 43],
    ])('filters by %s', async (query, expected) => {
      const answer = await lab.ask(`${PATH}?${query}`);
      expect(devices(answer).length).toBe(expected);
      expect(answer.headers['x-total-count']).toBe(String(expected));
    });

    it('finds a site by its id, however it is written', async () => {
      const [site] = await database.query<[{ id: string }]>(`SELECT id FROM sites WHERE name = 'Site 3'`);
      expect(await names(`site=${site.id}`)).toHaveLength(88);
      expect(await names(`site=${site.id.toUpperCase()}`)).toHaveLength(88);
      expect(await names('site=0b9c1f7e')).toHaveLength(0);
    });

    it('gives pages that neither repeat nor leave out', async () => {
      const pages = [];
      for (let skip = 0; skip < 900; skip += 200) {
        const answer = await lab.ask(`${PATH}?skip=${skip}&limit=200`);
        expect(answer.headers['x-total-count']).toBe('875');
        pages.push(...devices(answer).map(({ name }) => name));
      }
      expect(pages).toEqual(await names(''));
      expect(await names('skip=870')).toEqual(pages.slice(870));
      expect(await names('skip=999999999')).toEqual([]);
    });

    it.each([
      'limit=0',
      'limit=-1',
      'limit=ten',
      'limit=1e2',
      'limit=',
      'limit=9999999999',
      'limit=1.5',
      'limit=1&limit=2',
      'skip=-1',
      'skip=x',
      'enabled=yes',
      'state=Up',
      'page=2',
      'tag=',
      `q=${'x'.repeat(201)}`,
    ])('refuses %s', async (query) => {
      expect(await lab.ask(`${PATH}?${query}`)).toMatchObject({ status: 400, body: { code: 'validation_failed' } });
    });
  });

  describe('tells of each device', () => {
    let database: DataSource;
    let lab: HttpLab;
    beforeAll(async () => {
      ({ database, lab } = await open());
    });
    afterAll(() => lab.close());
    beforeEach(() => database.query('TRUNCATE devices, sites CASCADE'));
    const only = async () => {
      const list = listSchema.parse((await lab.ask(PATH)).body);
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
      expect(devices(await lab.ask(`${PATH}?state=up`))).toEqual([]);
      expect(devices(await lab.ask(`${PATH}?state=unknown`))).toHaveLength(1);
      await database.query('UPDATE devices SET enabled = false');
      expect(await only()).toMatchObject({ state: 'up' });
      expect(devices(await lab.ask(`${PATH}?state=up`))).toEqual([]);
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
      expect(devices(await lab.ask(`${PATH}?region=South&branch=B-9`))).toHaveLength(1);
      expect(devices(await lab.ask(`${PATH}?region=North`))).toHaveLength(0);
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
      expect(devices(await lab.ask(PATH))).toEqual([]);
    });

    it('no secret', async () => {
      await insertDevice(database, { name: 'one' });
      expect(Object.keys(await only()).join()).not.toMatch(/credential|community|password|sealed/);
    });
  });

  describe('of more devices than are made in memory', () => {
    const COUNT = MAX_IN_MEMORY + 7_500;
    let database: DataSource;
    let lab: HttpLab;
    beforeAll(async () => {
      ({ database, lab } = await open());
      await fillInventory(database, { devices: COUNT });
      await fillStates(database);
    });
    afterAll(() => lab.close());

    it('is streamed with the same three statements, and gives its connection back', async () => {
      let answer: Answer;
      const statements = await recordStatements(database, async () => (answer = await lab.ask(PATH)));
      expect(statements).toHaveLength(3);
      const list = listSchema.parse(answer!.body);
      expect(list).toHaveLength(COUNT);
      expect(new Set(list.map(({ id }) => id)).size).toBe(COUNT);
      expect(answer!.headers).toMatchObject({ 'x-total-count': String(COUNT), 'transfer-encoding': 'chunked' });
      expect(answer!.headers['etag']).toBeUndefined();
      const packed = await lab.ask(PATH, { headers: { 'accept-encoding': 'gzip' } });
      expect(gunzipSync(packed.raw).equals(answer!.raw)).toBe(true);
      await eventually(() => expect(connectionsInUse(database)).toBe(0));
    });

    it('goes on from where it is told, and stops at a limit beyond what is made in memory', async () => {
      const limit = MAX_IN_MEMORY + 10;
      const list = devices(await lab.ask(`${PATH}?skip=100&limit=${limit}`));
      expect(list).toHaveLength(limit);
      expect(list[0]).toMatchObject({ name: 'Device 000101' });
    });

    const AVAILABILITY = '/api/v1/devices/availability';
    const slowReaders = (paths: string[]) => paths.map((path) => new SlowReader(lab.port, path));
    const withLimits = async (limits: Partial<StreamLimits>, work: () => Promise<void>) => {
      const held = lab.app.get(StreamLimits);
      const before = { ...held };
      Object.assign(held, limits);
      await work().finally(() => Object.assign(held, before));
    };

    it('is sent to three slow readers at once; others are told to come later, and all else goes on', async () => {
      const readers = slowReaders([PATH, PATH, PATH]);
      await Promise.all(readers.map((reader) => reader.begun));
      const more = await Promise.all(
        Array.from({ length: 30 }, (_, n) =>
          lab.ask(n % 2 ? PATH : AVAILABILITY, { headers: { 'accept-encoding': 'gzip' } }),
        ),
      );
      for (const answer of more) {
        expect(answer).toMatchObject({
          status: 503,
          body: { code: 'too_many_reports' },
          headers: { 'retry-after': '5' },
        });
      }
      expect(connectionsInUse(database)).toBeLessThanOrEqual(3);
      expect(devices(await lab.ask(`${PATH}?limit=1`))).toHaveLength(1);
      for (const reader of readers) reader.leave();
      await eventually(() => expect(connectionsInUse(database)).toBe(0));
      await eventually(async () => expect(devices(await lab.ask(PATH))).toHaveLength(COUNT));
    });

    it.each([
      ['takes too long for one part', { stalledMs: 300 }],
      ['takes too long for all of it', { totalMs: 600 }],
    ])('is cut when the reader %s, and the connection is free', async (_, limits) => {
      await withLimits(limits, async () => {
        const [reader] = slowReaders([PATH]);
        await reader!.begun;
        await eventually(() => expect(connectionsInUse(database)).toBe(1));
        await eventually(() => expect(connectionsInUse(database)).toBe(0));
        // Not as if it had been all of it.
        expect(await reader!.rest()).not.toMatch(/\r\n0\r\n\r\n$/);
      });
      expect(devices(await lab.ask(PATH))).toHaveLength(COUNT);
    });

    it('gives the connection back when the client leaves in the middle', async () => {
      for (let round = 0; round < 3; round++) {
        const leaving = new AbortController();
        const response = await fetch(`http://127.0.0.1:${lab.port}${PATH}`, { signal: leaving.signal });
        await response.body!.getReader().read();
        leaving.abort();
      }
      await eventually(() => expect(connectionsInUse(database)).toBe(0));
      expect(devices(await lab.ask(`${PATH}?limit=1`))).toHaveLength(1);
    });
  });
});

/** Asks, and reads no more than the begin of the answer. */
class SlowReader {
  readonly begun: Promise<void>;
  private readonly socket: Socket;

  constructor(port: number, path: string) {
    this.socket = connect({ port, host: '127.0.0.1' }, () =>
      this.socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`),
    );
    // Being cut off is what is waited for.
    this.socket.on('error', () => undefined);
    this.begun = new Promise((resolve) =>
      this.socket.once('data', () => {
        this.socket.pause();
        resolve();
      }),
    );
  }

  /** What was under way, until the server ends it. */
  rest(): Promise<string> {
    return new Promise((resolve) => {
      let last = '';
      this.socket.on('data', (chunk) => (last = (last + chunk.toString('latin1')).slice(-100)));
      this.socket.once('close', () => resolve(last));
      this.socket.resume();
    });
  }

  leave(): void {
    this.socket.destroy();
  }
}

function connectionsInUse(database: DataSource): number {
  const { master } = database.driver as unknown as { master: { totalCount: number; idleCount: number } };
  return master.totalCount - master.idleCount;
}
