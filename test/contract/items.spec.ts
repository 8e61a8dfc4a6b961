import { ItemsApiModule } from '../../src/devices/items/items.api.module.js';
import type { DatabaseConnection } from '../../src/platform/database/connection.js';
import { NOTICE_CHANNEL } from '../../src/platform/events/notice.js';
import { countStatements } from '../support/count-statements.js';
import { eventually } from '../support/eventually.js';
import { type InventoryLab, startInventory } from '../support/inventory-lab.js';
import { NoticeListener } from '../support/notice-listener.js';
import { startTestPostgres, type TestPostgres } from '../support/postgres.js';

interface Shown {
  id: string;
  name: string;
  [field: string]: unknown;
}

const item = { name: 'uptime', oid: '.1.3.6.1.2.1.1.3.0' };
const octets = { name: 'in', oid: '1.3.6.1.2.1.31.1.1.1.6.1', transform: 'rate', units: 'B/s' };

// Real: PostgreSQL, Nest, Fastify, sockets. Nothing is replaced.
describe('monitoring items', () => {
  let postgres: TestPostgres;
  let lab: InventoryLab;
  beforeAll(async () => {
    postgres = await startTestPostgres();
  });
  let connection: DatabaseConnection;
  beforeEach(async () => {
    connection = await postgres.createDatabase();
    lab = await startInventory(connection, undefined, { faces: [ItemsApiModule] });
  });
  afterEach(() => lab.close());
  afterAll(() => postgres.stop());

  /** Devices d1 to dN, past the API: there may be many. */
  const devices = (count: number, from = 1): Promise<{ id: string; name: string }[]> =>
    lab.database.query(
      `INSERT INTO devices (name, ip, profile_id, tags)
       SELECT 'd' || n, 'h' || n, (SELECT id FROM profiles WHERE is_default), '{many}' FROM generate_series($1::int, $2::int) n
       RETURNING id, name`,
      [from, from + count - 1],
    );
  const itemsOf = async (device: string) => (await lab.call<Shown[]>('GET', `/devices/${device}/items`)).data;
  const add = (device: string, body: object) => lab.call<Shown>('POST', `/devices/${device}/items`, body);

  describe('of a device', () => {
    let device: string;
    beforeEach(async () => {
      [{ id: device }] = (await devices(1)) as [{ id: string; name: string }];
    });

    it('are made, read, changed and removed', async () => {
      const made = await add(device, item);
      expect([made.status, made.data]).toEqual([
        201,
        expect.objectContaining({
          device_id: device,
          device_name: 'd1',
          template_id: null,
          name: 'uptime',
          oid: '1.3.6.1.2.1.1.3.0',
          value_type: 'number',
          transform: 'none',
          units: null,
          interval_seconds: null,
          enabled: true,
        }),
      ]);
      const path = `/items/${made.data.id}`;
      expect((await lab.call('GET', path)).data).toEqual(made.data);
      const changed = await lab.call('PATCH', path, { interval_seconds: 30, enabled: false, units: 's' });
      expect(changed.data).toMatchObject({ interval_seconds: 30, enabled: false, units: 's', name: 'uptime' });
      expect((await lab.call('DELETE', path)).status).toBe(204);
      expect((await lab.call('GET', path)).code).toBe('item_not_found');
      const { data: audit } = await lab.call<{ action: string }[]>('GET', '/audit');
      expect(audit.slice(0, 3).map(({ action }) => action)).toEqual(['item.deleted', 'item.updated', 'item.created']);
    });

    it.each<[string, object, string]>([
      ['an OID with a name', { ...item, oid: 'sysUpTime.0' }, 'oid'],
      ['a rate of a text', { ...octets, value_type: 'text' }, 'transform'],
      ['an interval of 4 s', { ...item, interval_seconds: 4 }, 'interval_seconds'],
      ['an interval over a day', { ...item, interval_seconds: 86_401 }, 'interval_seconds'],
      ['no name', { oid: item.oid }, 'name'],
    ])('refuse %s', async (_, body, path) => {
      const answer = await add(device, body);
      expect([answer.code, answer.errors?.map((each) => each.path)]).toEqual(['validation_failed', [path]]);
    });

    it('refuse a rate of a text also in two steps', async () => {
      const { data } = await add(device, octets);
      expect((await lab.call('PATCH', `/items/${data.id}`, { value_type: 'text' })).code).toBe('validation_failed');
    });

    it('have names of their own on the device, and a bound that holds for several at once', async () => {
      await add(device, item);
      expect((await add(device, item)).code).toBe('name_taken');
      await lab.database.query(
        `INSERT INTO monitoring_items (device_id, name, oid) SELECT $1, 'n' || n, '1.3' FROM generate_series(1, 498) n`,
        [device],
      );
      const answers = await Promise.all(['x', 'y', 'z'].map((name) => add(device, { ...item, name })));
      expect(answers.map(({ code }) => code ?? 'made').sort()).toEqual(['made', 'too_many_items', 'too_many_items']);
    });

    it('forget what was read of another OID', async () => {
      const { data } = await add(device, octets);
      const states = () => lab.database.query<unknown[]>('SELECT FROM snmp_item_state');
      await lab.database.query('INSERT INTO snmp_item_state (item_num) SELECT num FROM monitoring_items');
      await lab.call('PATCH', `/items/${data.id}`, { interval_seconds: 30 });
      expect(await states()).toHaveLength(1);
      await lab.call('PATCH', `/items/${data.id}`, { oid: '1.3.6.1.2.1.31.1.1.1.6.2' });
      expect(await states()).toHaveLength(0);
    });

    it('are listed by device, template and text', async () => {
      const [other] = await devices(1, 2);
      await add(device, item);
      await add(device, { ...octets, enabled: false });
      await add(other!.id, item);
      const names = async (query: string) =>
        (await lab.call<Shown[]>('GET', `/items?${query}`)).data.map(
          ({ device_name, name }) => `${String(device_name)} ${name}`,
        );
      expect(await names('sort=name')).toEqual(['d1 in', expect.stringContaining('uptime'), expect.anything()]);
      expect(await names('device=d2')).toEqual(['d2 uptime']);
      expect(await names(`device=${device}&enabled=false`)).toEqual(['d1 in']);
      expect(await names('q=.31.1')).toEqual(['d1 in']);
      expect(await names('template=none')).toEqual([]);
    });

    it('are configured by admins and read by all', async () => {
      const { data } = await add(device, item);
      const ask = (method: string, path: string, body?: object) => lab.call(method, path, body, lab.viewer);
      expect((await ask('GET', `/items/${data.id}`)).status).toBe(200);
      expect((await ask('POST', `/devices/${device}/items`, octets)).status).toBe(403);
      expect((await ask('PATCH', `/items/${data.id}`, { enabled: false })).status).toBe(403);
      const missing = '0b9c1f7e-5f0a-4c53-9d0e-3d1f6c3a2b10';
      expect((await add(missing, item)).code).toBe('device_not_found');
      expect((await lab.call('GET', `/devices/${missing}/items`)).code).toBe('device_not_found');
    });
  });

  describe('of a template', () => {
    const template = async (items: object[] = [item, octets], name = 'T') =>
      (await lab.call<Shown>('POST', '/templates', { name, items })).data;
    const apply = (id: string, selector: object = { all: true }, dry_run = false) =>
      lab.call<Record<string, unknown>>('POST', `/templates/${id}/apply`, { selector, dry_run });
    const remove = (id: string, selector: object = { all: true }, dry_run = false) =>
      lab.call<Record<string, unknown>>('POST', `/templates/${id}/remove`, { selector, dry_run });

    it('come to the chosen devices and go again, tried first without effect', async () => {
      const [one, two] = (await devices(3)).map(({ id }) => id) as [string, string, string];
      const { id } = await template();
      const wanted = { devices: 2, devices_changed: 2, items_added: 4, conflicts: 0, items_removed: 0 };
      expect((await apply(id, { ids: [one, two] }, true)).data).toMatchObject({ dry_run: true, ...wanted });
      expect(await itemsOf(one)).toEqual([]);
      expect((await apply(id, { ids: [one, two] })).data).toMatchObject({ dry_run: false, ...wanted });
      expect(await itemsOf(one)).toMatchObject([
        { name: 'in', template_name: 'T', transform: 'rate', units: 'B/s' },
        { name: 'uptime', template_id: id, oid: '1.3.6.1.2.1.1.3.0' },
      ]);
      expect((await apply(id)).data).toMatchObject({ devices: 3, devices_changed: 1, items_added: 2 });
      const inUse = await lab.call('DELETE', `/templates/${id}`);
      expect([inUse.code, inUse.detail]).toEqual(['in_use', expect.stringContaining('3 devices have this template')]);
      const gone = { devices: 1, devices_changed: 1, items_removed: 2 };
      expect((await remove(id, { ids: [one] }, true)).data).toMatchObject({ dry_run: true, ...gone });
      expect((await remove(id, { ids: [one] })).data).toMatchObject({ dry_run: false, ...gone });
      expect([(await itemsOf(one)).length, (await itemsOf(two)).length]).toEqual([0, 2]);
      expect((await remove(id)).data).toMatchObject({ devices: 3, devices_changed: 2, items_removed: 4 });
      expect((await lab.call('DELETE', `/templates/${id}`)).status).toBe(204);
    });

    it('are told to every process as they come and go: alert rules may be about those who have a template', async () => {
      await devices(1);
      const { id } = await template();
      const listener = await NoticeListener.on(connection);
      try {
        for (const [change, isTold] of [
          [() => apply(id, { all: true }, true), false],
          [() => apply(id), true],
          [() => remove(id, { all: true }, true), false],
          [() => remove(id), true],
        ] as const) {
          listener.heard.length = 0;
          expect((await change()).status).toBe(200);
          const notices = [...(isTold ? [{ kind: 'inventory_changed' }] : []), { kind: 'swarm_refresh_failed' }];
          await lab.database.query(`SELECT pg_notify($1, '{"kind": "swarm_refresh_failed"}')`, [NOTICE_CHANNEL]);
          await eventually(() => expect(listener.heard).toEqual(notices));
        }
      } finally {
        await listener.stop();
      }
    });

    it('leave what the device has by itself', async () => {
      const [device] = (await devices(1)).map(({ id }) => id) as [string];
      await add(device, { ...item, oid: '1.3.9' });
      const { id } = await template();
      expect((await apply(id)).data).toMatchObject({
        items_added: 1,
        conflicts: 1,
        conflict_examples: [{ device_id: device, device_name: 'd1', item_name: 'uptime' }],
      });
      expect((await itemsOf(device)).find(({ name }) => name === 'uptime')).toMatchObject({
        oid: '1.3.9',
        template_id: null,
      });
      await remove(id);
      expect(await itemsOf(device)).toHaveLength(1);
    });

    it('follow the template on every device', async () => {
      const [one, two] = (await devices(2)).map(({ id }) => id) as [string, string];
      const { id } = await template([item, octets, { name: 'gone', oid: '1.3.5' }]);
      await apply(id);
      const [own] = (await itemsOf(one)).filter(({ name }) => name === 'in');
      await lab.call('PATCH', `/items/${own!.id}`, { interval_seconds: 300 });
      await lab.database.query('INSERT INTO snmp_item_state (item_num) SELECT num FROM monitoring_items');
      await add(two, { name: 'new', oid: '1.3.7' });
      const { status, data } = await lab.call<Shown>('PATCH', `/templates/${id}`, {
        items: [item, { ...octets, units: 'bit/s', interval_seconds: 60 }, { name: 'new', oid: '1.3.6' }],
      });
      expect([status, data['changes']]).toEqual([
        200,
        expect.objectContaining({ devices: 2, items_added: 1, items_changed: 2, items_removed: 2, conflicts: 1 }),
      ]);
      const shape = async (device: string) =>
        (await itemsOf(device)).map(({ name, oid, units, interval_seconds }) => [name, oid, units, interval_seconds]);
      const uptime = ['uptime', '1.3.6.1.2.1.1.3.0', null, null];
      expect(await shape(one)).toEqual([['in', octets.oid, 'bit/s', 300], ['new', '1.3.6', null, null], uptime]);
      expect(await shape(two)).toEqual([['in', octets.oid, 'bit/s', 60], ['new', '1.3.7', null, null], uptime]);
      // Units do not make another value of it.
      expect(await lab.database.query('SELECT FROM snmp_item_state')).toHaveLength(4);
      await lab.call('PATCH', `/templates/${id}`, { items: [{ ...item, oid: '1.3.1' }] });
      expect(await lab.database.query('SELECT FROM snmp_item_state')).toHaveLength(0);
    });

    it('change singly only in whether and how often they are asked', async () => {
      const [device] = (await devices(1)).map(({ id }) => id) as [string];
      const { id } = await template([item]);
      await apply(id);
      const path = `/items/${(await itemsOf(device))[0]!.id}`;
      expect((await lab.call('PATCH', path, { enabled: false, interval_seconds: 60 })).status).toBe(200);
      expect((await lab.call('PATCH', path, { oid: '1.3.6' })).code).toBe('item_of_template');
      expect((await lab.call('DELETE', path)).code).toBe('item_of_template');
    });

    it('never make a device overfull', async () => {
      const [device] = (await devices(2)).map(({ id }) => id) as [string];
      await lab.database.query(
        `INSERT INTO monitoring_items (device_id, name, oid) SELECT $1, 'n' || n, '1.3' FROM generate_series(1, 499) n`,
        [device],
      );
      const refused = await apply((await template()).id);
      expect([refused.code, refused.detail]).toEqual([
        'too_many_items',
        '1 device would have more than 500 items. Nothing was changed.',
      ]);
    });

    it('cost as many statements for 1,000 devices as for one', async () => {
      await devices(1);
      const { id } = await template();
      const round = async (more: object) => [
        await countStatements(lab.database, () => apply(id)),
        await countStatements(lab.database, () => lab.call('PATCH', `/templates/${id}`, { items: [item, more] })),
        await countStatements(lab.database, () => remove(id)),
      ];
      const few = await round({ name: 'x', oid: '1.3.1' });
      await lab.call('PATCH', `/templates/${id}`, { items: [item, octets] });
      await devices(999, 2);
      expect(await round({ name: 'y', oid: '1.3.2' })).toEqual(few);
      expect(Math.max(...few)).toBeLessThan(16);
    });

    it('are refused with two items of one name, and templates with the name of another', async () => {
      const twice = await lab.call('POST', '/templates', { name: 'T', items: [item, { ...octets, name: ' uptime ' }] });
      expect(twice.errors?.map(({ path }) => path)).toEqual(['items.1.name']);
      await template();
      expect((await lab.call('POST', '/templates', { name: 'T' })).code).toBe('name_taken');
      expect((await apply('0b9c1f7e-5f0a-4c53-9d0e-3d1f6c3a2b10')).code).toBe('template_not_found');
    });
  });
});
