import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import type { DataSource } from 'typeorm';
import { standaloneExample } from '../../src/probes/reports/list/standalone-list.dto.js';
import { MAX_IN_MEMORY } from '../../src/probes/reports/list/standalone-list.store.js';
import { StreamLimits } from '../../src/probes/reports/streamed-answer.client.js';
import { recordStatements } from '../support/count-statements.js';
import { eventually } from '../support/eventually.js';
import type { Answer, HttpLab } from '../support/http-lab.js';
import { startTestPostgres, type TestPostgres } from '../support/postgres.js';
import { fillInventory, fillStates } from '../support/reports-data.js';
import { SlowReader } from '../support/slow-reader.js';
import { devicesOf, LIST_PATH, listSchema, openReports } from '../support/standalone-list.js';

describe('the standalone list', () => {
  let postgres: TestPostgres;
  beforeAll(async () => {
    postgres = await startTestPostgres();
  });
  afterAll(() => postgres.stop());

  describe('of 875 devices', () => {
    let database: DataSource;
    let lab: HttpLab;
    beforeAll(async () => {
      ({ database, lab } = await openReports(postgres));
      await fillInventory(database, { devices: 875 });
      await fillStates(database);
    });
    afterAll(() => lab.close());
    const names = async (query: string) => devicesOf(await lab.ask(`${LIST_PATH}?${query}`)).map(({ name }) => name);

    it('holds all of them, sorted by name, each as documented', async () => {
      const answer = await lab.ask(LIST_PATH);
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
      const cold = await openReports(postgres);
      await fillInventory(cold.database, { devices: 875 });
      const statements = (path: string) => recordStatements(cold.database, () => cold.lab.ask(path));
      const first = await statements(LIST_PATH);
      expect(first).toHaveLength(2);
      expect(await statements(LIST_PATH)).toHaveLength(1);
      expect(await statements(`${LIST_PATH}?limit=10&skip=20`)).toHaveLength(2);
      await cold.database.query(`UPDATE devices SET location = 'moved'`);
      expect(await statements(`${LIST_PATH}?limit=875`)).toHaveLength(3);
      expect(first.join()).not.toContain('ping_results');
      await cold.lab.close();
    });

    it('answers 304 until something changes, and is compressed for who likes it', async () => {
      const plain = await lab.ask(LIST_PATH);
      const etag = String(plain.headers['etag']);
      expect(await lab.ask(LIST_PATH, { headers: { 'if-none-match': etag } })).toMatchObject({ status: 304 });
      for (const [encoding, decode] of [
        ['gzip', gunzipSync],
        ['br', brotliDecompressSync],
      ] as const) {
        const packed = await lab.ask(LIST_PATH, { headers: { 'accept-encoding': encoding } });
        expect(packed.headers['content-encoding']).toBe(encoding);
        expect(decode(packed.raw).equals(plain.raw)).toBe(true);
      }
      await database.query('UPDATE device_state SET rtt_avg = rtt_avg + 1 WHERE device_num = 1');
      expect(await lab.ask(LIST_PATH, { headers: { 'if-none-match': etag } })).toMatchObject({ status: 200 });
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
      const answer = await lab.ask(`${LIST_PATH}?${query}`);
      expect(devicesOf(answer).length).toBe(expected);
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
        const answer = await lab.ask(`${LIST_PATH}?skip=${skip}&limit=200`);
        expect(answer.headers['x-total-count']).toBe('875');
        pages.push(...devicesOf(answer).map(({ name }) => name));
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
      expect(await lab.ask(`${LIST_PATH}?${query}`)).toMatchObject({
        status: 400,
        body: { code: 'validation_failed' },
      });
    });
  });

  describe('of more devices than are made in memory', () => {
    const COUNT = MAX_IN_MEMORY + 7_500;
    let database: DataSource;
    let lab: HttpLab;
    beforeAll(async () => {
      ({ database, lab } = await openReports(postgres));
      await fillInventory(database, { devices: COUNT });
      await fillStates(database);
    });
    afterAll(() => lab.close());

    it('is streamed with the same three statements, and gives its connection back', async () => {
      let answer: Answer;
      const statements = await recordStatements(database, async () => (answer = await lab.ask(LIST_PATH)));
      expect(statements).toHaveLength(3);
      const list = listSchema.parse(answer!.body);
      expect(list).toHaveLength(COUNT);
      expect(new Set(list.map(({ id }) => id)).size).toBe(COUNT);
      expect(answer!.headers).toMatchObject({ 'x-total-count': String(COUNT), 'transfer-encoding': 'chunked' });
      expect(answer!.headers['etag']).toBeUndefined();
      const packed = await lab.ask(LIST_PATH, { headers: { 'accept-encoding': 'gzip' } });
      expect(gunzipSync(packed.raw).equals(answer!.raw)).toBe(true);
      await eventually(() => expect(connectionsInUse(database)).toBe(0));
    });

    it('goes on from where it is told, and stops at a limit beyond what is made in memory', async () => {
      const limit = MAX_IN_MEMORY + 10;
      const list = devicesOf(await lab.ask(`${LIST_PATH}?skip=100&limit=${limit}`));
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
      const readers = slowReaders([LIST_PATH, LIST_PATH, LIST_PATH]);
      await Promise.all(readers.map((reader) => reader.begun));
      const more = await Promise.all(
        Array.from({ length: 30 }, (_, n) =>
          lab.ask(n % 2 ? LIST_PATH : AVAILABILITY, { headers: { 'accept-encoding': 'gzip' } }),
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
      expect(devicesOf(await lab.ask(`${LIST_PATH}?limit=1`))).toHaveLength(1);
      for (const reader of readers) reader.leave();
      await eventually(() => expect(connectionsInUse(database)).toBe(0));
      await eventually(async () => expect(devicesOf(await lab.ask(LIST_PATH))).toHaveLength(COUNT));
    });

    it.each([
      ['takes too long for one part', { stalledMs: 800 }],
      ['takes too long for all of it', { totalMs: 1_200 }],
    ])('is cut when the reader %s, and the connection is free', async (_, limits) => {
      await withLimits(limits, async () => {
        const [reader] = slowReaders([LIST_PATH]);
        await reader!.begun;
        await eventually(() => expect(connectionsInUse(database)).toBe(1));
        await eventually(() => expect(connectionsInUse(database)).toBe(0));
        // Not as if it had been all of it.
        expect(await reader!.rest()).not.toMatch(/\r\n0\r\n\r\n$/);
      });
      expect(devicesOf(await lab.ask(LIST_PATH))).toHaveLength(COUNT);
    });

    it('gives the connection back when the client leaves in the middle', async () => {
      for (let round = 0; round < 3; round++) {
        const leaving = new AbortController();
        const response = await fetch(`http://127.0.0.1:${lab.port}${LIST_PATH}`, { signal: leaving.signal });
        await response.body!.getReader().read();
        leaving.abort();
      }
      await eventually(() => expect(connectionsInUse(database)).toBe(0));
      expect(devicesOf(await lab.ask(`${LIST_PATH}?limit=1`))).toHaveLength(1);
    });
  });
});

function connectionsInUse(database: DataSource): number {
  const { master } = database.driver as unknown as { master: { totalCount: number; idleCount: number } };
  return master.totalCount - master.idleCount;
}
