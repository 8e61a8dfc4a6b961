import { recordStatements } from '../support/count-statements.js';
import { eventually } from '../support/eventually.js';
import { type InventoryLab, startInventory } from '../support/inventory-lab.js';
import { startTestPostgres, type TestPostgres } from '../support/postgres.js';
import { redisMissing, RedisServer } from '../support/redis.js';
import { describeWith } from '../support/requires.js';

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
    await eventually(async () => expect((await one.call('GET', path)).data).toMatchObject({ name: 'b' }), {
      timeoutMs: 2_000,
    });
    await one.call('POST', '/devices/bulk/disable', { selector: { all: true } });
    await eventually(async () => expect((await two.call('GET', path)).data).toMatchObject({ enabled: false }), {
      timeoutMs: 2_000,
    });
    const { data: site } = await one.call<{ id: string }>('POST', '/sites', { name: 'Berlin' });
    await one.call('PATCH', path, { site: 'Berlin' });
    await eventually(async () =>
      expect((await two.call('GET', path)).data).toMatchObject({ site: { name: 'Berlin' } }),
    );
    await two.call('PATCH', `/sites/${site.id}`, { name: 'Bonn' });
    await eventually(async () => expect((await one.call('GET', path)).data).toMatchObject({ site: { name: 'Bonn' } }), {
      timeoutMs: 2_000,
    });
    await two.call('DELETE', path);
    await eventually(async () => expect((await one.call('GET', path)).status).toBe(404), { timeoutMs: 2_000 });
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
