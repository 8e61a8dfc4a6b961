import { ItemsApiModule } from '../../src/devices/items/items.api.module.js';
import { EventBus } from '../../src/platform/events/event-bus.store.js';
import { EventFeed } from '../../src/platform/events/event-feed.client.js';
import { recordStatements } from '../support/count-statements.js';
import { eventually } from '../support/eventually.js';
import { type InventoryLab, startInventory } from '../support/inventory-lab.js';
import { startTestPostgres, type TestPostgres } from '../support/postgres.js';
import { redisMissing, RedisServer } from '../support/redis.js';
import { describeWith } from '../support/requires.js';
import { KEY } from '../support/secrets-lab.js';

// Real: PostgreSQL, and two whole applications on it, as two processes would be. Without Redis they hear of each other by notices only.
describe('the inventory in the memories of two processes without Redis', () => {
  let postgres: TestPostgres;
  let one: InventoryLab;
  let two: InventoryLab;
  beforeAll(async () => {
    postgres = await startTestPostgres();
    const connection = await postgres.createDatabase();
    one = await startInventory(connection, undefined, { env: KEY, faces: [ItemsApiModule] });
    two = await startInventory(connection);
    for (const lab of [one, two]) {
      const feed = lab.app.get(EventFeed, { strict: false });
      await eventually(async () => expect(feed.isListening).toBe(true));
    }
  });
  afterAll(async () => {
    await Promise.all([one?.close(), two?.close()]);
    await postgres?.stop();
  });

  const known = async (path: string) => (await two.call('GET', path)).data;
  const soon = (path: string, expected: object) =>
    eventually(async () => expect(await known(path)).toMatchObject(expected));

  /** Notices come in the order of their commits: after this one there is none on its way. */
  const allHeard = async (): Promise<void> => {
    let heard = false;
    const end = two.app.get(EventFeed, { strict: false }).on('swarm_refresh_failed', () => (heard = true));
    await one.app.get(EventBus, { strict: false }).publish({ kind: 'swarm_refresh_failed' });
    await eventually(() => expect(heard).toBe(true));
    end();
  };

  it('is forgotten by the other one too', async () => {
    const secret = { name: 'old name', kind: 'snmp_v2c', community: 'c' };
    const { data: credential } = await one.call<{ id: string }>('POST', '/credentials', secret);
    const body = { name: 'a', ip: '10.0.0.1', snmp_credential: 'old name' };
    const { data: made } = await one.call<{ id: string }>('POST', '/devices', body);
    const path = `/devices/${made.id}`;
    await soon(path, { name: 'a' });
    await one.call('PATCH', path, { name: 'b' });
    await soon(path, { name: 'b' });
    await one.call('PATCH', `/credentials/${credential.id}`, { name: 'new name' });
    await soon(path, { snmp_credential: { name: 'new name' } });
  });

  it('is forgotten after a time in which nothing was heard', async () => {
    const { data: made } = await one.call<{ id: string }>('POST', '/devices', { name: 'c', ip: '10.0.0.2' });
    const path = `/devices/${made.id}`;
    await allHeard();
    await soon(path, { name: 'c' });
    // Not by way of the product: nobody is told.
    await one.database.query(`UPDATE devices SET name = 'd' WHERE id = $1`, [made.id]);
    expect(await known(path)).toMatchObject({ name: 'c' });
    await one.database.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'swarmward events' AND datname = current_database()`,
    );
    await soon(path, { name: 'd' });
  });
});

// Real: PostgreSQL, Redis, and two whole applications on them, as two processes would be.
describeWith('the inventory in the caches of two processes', redisMissing(), () => {
  let postgres: TestPostgres;
  let redis: RedisServer;
  let one: InventoryLab;
  let two: InventoryLab;
  beforeAll(async () => {
    [postgres, redis] = await Promise.all([startTestPostgres(), RedisServer.create()]);
    const connection = await postgres.createDatabase();
    one = await startInventory(connection, redis.url);
    two = await startInventory(connection, redis.url);
  });
  afterAll(async () => {
    await Promise.all([one?.close(), two?.close()]);
    await Promise.all([postgres?.stop(), redis?.stop()]);
  });

  const reads = async (lab: InventoryLab, path: string) =>
    (await recordStatements(lab.database, () => lab.call('GET', path))).filter((sql) =>
      /FROM (devices d|profiles p)/.test(sql),
    ).length;

  it('is read once and then remembered, and forgotten everywhere after a change', async () => {
    const { data: made } = await one.call<{ id: string }>('POST', '/devices', { name: 'a', ip: '10.0.0.1' });
    const path = `/devices/${made.id}`;
    // The message of the write itself may still be on its way.
    await eventually(async () => expect([await reads(one, path), await reads(two, path)]).toEqual([0, 0]));
    await two.call('PATCH', path, { name: 'b' });
    expect((await two.call('GET', path)).data).toMatchObject({ name: 'b' });
    await eventually(async () => expect((await one.call('GET', path)).data).toMatchObject({ name: 'b' }));
    await one.call('POST', '/devices/bulk/disable', { selector: { all: true } });
    await eventually(async () => expect((await two.call('GET', path)).data).toMatchObject({ enabled: false }));
    const { data: site } = await one.call<{ id: string }>('POST', '/sites', { name: 'Berlin' });
    await one.call('PATCH', path, { site: 'Berlin' });
    await eventually(async () =>
      expect((await two.call('GET', path)).data).toMatchObject({ site: { name: 'Berlin' } }),
    );
    await two.call('PATCH', `/sites/${site.id}`, { name: 'Bonn' });
    await eventually(async () => expect((await one.call('GET', path)).data).toMatchObject({ site: { name: 'Bonn' } }));
    await two.call('DELETE', path);
    await eventually(async () => expect((await one.call('GET', path)).status).toBe(404));
  });

  it('does not remember that a device is not there', async () => {
    const missing = '/devices/0b9c1f7e-5f0a-4c53-9d0e-3d1f6c3a2b10';
    expect([(await one.call('GET', missing)).status, await reads(one, missing)]).toEqual([404, 1]);
  });

  it('changes nothing when a write is refused', async () => {
    const { data: list } = await one.call<{ id: string; name: string }[]>('GET', '/profiles');
    const path = `/profiles/${list[0]!.id}`;
    await eventually(async () => expect(await reads(one, path)).toBe(0));
    expect((await one.call('PATCH', path, { name: 'x', packets: 20, ping_interval_seconds: 1 })).status).toBe(409);
    expect((await one.call('GET', path)).data).toMatchObject({ name: 'Standard' });
  });
});
