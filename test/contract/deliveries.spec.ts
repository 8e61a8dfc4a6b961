import { DeliveriesApiModule } from '../../src/notifications/deliveries/deliveries.api.module.js';
import { CancelDeliveries } from '../../src/notifications/channels/cancel-deliveries.store.js';
import { DispatchFiguresStore } from '../../src/notifications/dispatch/dispatch-figures.store.js';
import { TestDeliveries } from '../../src/notifications/channels/test-deliveries.store.js';
import { DELIVERED, DispatchLab } from '../support/dispatch-lab.js';
import { eventually } from '../support/eventually.js';
import { type InventoryLab, startInventory } from '../support/inventory-lab.js';
import { startTestPostgres, type TestPostgres } from '../support/postgres.js';

interface Shown {
  id: string;
  state: string;
  kind: string;
  title: string;
  alert_count: number;
  alerts: { target_name: string; dropped: string | null }[];
  attempt_log: { number: number; outcome: string }[];
}
let postgres: TestPostgres;
let api: InventoryLab;
let lab: DispatchLab;

beforeAll(async () => {
  postgres = await startTestPostgres();
  api = await startInventory(await postgres.createDatabase(), undefined, { faces: [DeliveriesApiModule] });
  lab = new DispatchLab(api.database);
});
afterEach(() => lab.reset());
afterAll(async () => {
  await api.close();
  await postgres.stop();
});

const list = async (query = '') => (await api.call<Shown[]>('GET', `/deliveries${query}`)).data;
const WAITING_OUTBOX = 'SELECT id FROM alert_outbox WHERE taken_at IS NULL';
const refuseAll = () => {
  lab.receiver.answer = async () => {
    return {
      outcome: 'refused',
      permanent: true,
      status: 410,
      error: 'It answered 410.',
      response: 'gone',
      retryAfterSeconds: null,
    };
  };
};

it('are listed with filters, and shown with their alerts and attempts', async () => {
  await lab.channel('ops');
  await lab.channel('other');
  const ids = await lab.fire({ name: 'a' }, { name: 'b', site: 'Paris' });
  lab.start();
  await eventually(async () => expect((await list()).filter(({ state }) => state === 'delivered')).toHaveLength(4));
  expect(await list('?channel=ops')).toHaveLength(2);
  expect(await list(`?channel=ops&alert=${ids.get('a')}&state=delivered,failed&kind=firing`)).toHaveLength(1);
  expect(await list('?kind=resolved')).toHaveLength(0);
  expect(await list('?to=2020-01-01T00:00:00Z')).toHaveLength(0);
  expect((await api.call('GET', '/deliveries?state=lost')).status).toBe(400);
  const [first] = await list(`?channel=ops&alert=${ids.get('a')}`);
  const { data } = await api.call<Shown>('GET', `/deliveries/${first!.id}`);
  expect(data).toMatchObject({
    title: 'Device down: a (Berlin)',
    alert_count: 1,
    alerts: [{ target_name: 'a', dropped: null }],
    attempt_log: [{ number: 1, outcome: 'delivered' }],
  });
  expect((await api.call('GET', '/deliveries/00000000-0000-4000-8000-000000000000')).code).toBe('delivery_not_found');
});

it('are retried by an operator under the same id; their end is told then', async () => {
  await lab.channel('ops');
  refuseAll();
  await lab.fire({ name: 'a' });
  const dispatcher = lab.start();
  const [failed] = await eventually(async () => {
    const all = await list('?state=failed');
    expect(all).toHaveLength(1);
    return all;
  });
  expect(await new DispatchFiguresStore(api.database).read()).toEqual({
    deadLetters: 1,
    outboxOldestSeconds: null,
  });
  lab.receiver.answer = async () => DELIVERED;
  expect((await api.call('POST', `/deliveries/${failed!.id}/retry`, undefined, api.viewer)).status).toBe(403);
  expect(await api.call('POST', `/deliveries/${failed!.id}/retry`)).toMatchObject({
    status: 200,
    data: { state: 'retrying', requested_by: expect.any(String) },
  });
  dispatcher.wake();
  await eventually(async () => expect(await list()).toMatchObject([{ id: failed!.id, state: 'delivered' }]));
  expect(new Set(lab.receiver.seen.map(({ message }) => message.id))).toEqual(new Set([failed!.id]));
  expect((await api.call('POST', `/deliveries/${failed!.id}/retry`)).code).toBe('delivery_not_retryable');
  await lab.resolve('a');
  dispatcher.wake();
  await eventually(() => expect(lab.receiver.told('ops')).toEqual(['firing:a', 'resolved:a']));
});

it('tell only what still fires when they are retried: nobody would be told the end of the rest', async () => {
  await lab.channel('ops');
  refuseAll();
  await lab.fire({ name: 'a' }, { name: 'b' });
  const dispatcher = lab.start();
  const [failed] = await eventually(async () => {
    const all = await list('?state=failed');
    expect(all).toHaveLength(1);
    return all;
  });
  await lab.resolve('a');
  dispatcher.wake();
  await eventually(async () => expect(await lab.database.query(WAITING_OUTBOX)).toEqual([]));
  lab.receiver.answer = async () => DELIVERED;
  expect((await api.call('POST', `/deliveries/${failed!.id}/retry`)).status).toBe(200);
  dispatcher.wake();
  await eventually(() => expect(lab.receiver.told('ops')).toEqual(['firing:b']));
});

it('are not retried when their alerts have ended', async () => {
  await lab.channel('ops');
  refuseAll();
  await lab.fire({ name: 'a' });
  lab.start();
  const [failed] = await eventually(async () => {
    const all = await list('?state=failed');
    expect(all).toHaveLength(1);
    return all;
  });
  await lab.resolve('a');
  expect((await api.call('POST', `/deliveries/${failed!.id}/retry`)).code).toBe('delivery_outdated');
});

it('of a test are made at once, also of a channel that is switched off', async () => {
  const id = await lab.channel('off', { enabled: false });
  await api.database.transaction((manager) => new TestDeliveries().request(id, 'me', manager));
  expect(
    await new TestDeliveries().request('00000000-0000-4000-8000-000000000000', 'me', api.database.manager),
  ).toBeNull();
  lab.start();
  await eventually(async () =>
    expect(await list('?kind=test')).toMatchObject([
      { state: 'delivered', finished_at: expect.any(String), requested_by: 'me', alert_count: 0 },
    ]),
  );
  expect(lab.receiver.seen[0]!.message).toMatchObject({ kind: 'test', alerts: [] });
});

it('are not retried when their channel was deleted, also in that moment', async () => {
  const id = await lab.channel('ops');
  await lab.fire({ name: 'a' });
  refuseAll();
  lab.start();
  await eventually(async () => expect(await list('?state=failed')).toHaveLength(1));
  await lab.stop();
  const [{ id: failed }] = (await list()) as [Shown];
  let retry: ReturnType<typeof api.call> | undefined;
  await api.database.transaction(async (manager) => {
    await manager.query('SELECT FROM channels FOR UPDATE');
    retry = api.call('POST', `/deliveries/${failed}/retry`);
    await eventually(async () =>
      expect(await api.database.query('SELECT FROM pg_locks WHERE NOT granted')).not.toHaveLength(0),
    );
    await new CancelDeliveries().ofChannel(id, manager);
    await manager.query('DELETE FROM channels');
  });
  for (const answer of [await retry!, await api.call('POST', `/deliveries/${failed}/retry`)]) {
    expect([answer.status, answer.code]).toEqual([409, 'delivery_not_retryable']);
  }
});

it('are cancelled with their channel, and then have none', async () => {
  const id = await lab.channel('ops');
  await lab.route({ group_wait_seconds: 3_600, channel_ids: [id] });
  await lab.fire({ name: 'a' });
  lab.start();
  await eventually(async () => expect(await list('?state=waiting')).toHaveLength(1));
  await api.database.transaction(async (manager) => {
    expect(await new CancelDeliveries().ofChannel(id, manager)).toBe(1);
    await manager.query('DELETE FROM channels WHERE id = $1', [id]);
  });
  expect(await list()).toMatchObject([{ state: 'cancelled', channel: { id: null, name: 'ops' } }]);
  expect(await list(`?channel=${id}`)).toHaveLength(1);
  expect(await api.database.query('SELECT channel_ids FROM notification_routes')).toEqual([{ channel_ids: [] }]);
});
