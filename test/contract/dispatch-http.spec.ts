import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { JsonPoster } from '../../src/notifications/channels/drivers/json-poster.driver.js';
import { WebhookDriver } from '../../src/notifications/channels/drivers/webhook.driver.js';
import { OutboundClient } from '../../src/notifications/outbound/outbound.client.js';
import { outboundPolicy } from '../../src/notifications/outbound/outbound-guard.js';
import { DispatchLab } from '../support/dispatch-lab.js';
import { eventually } from '../support/eventually.js';
import { freePort } from '../support/product.js';
import { startTestPostgres, type TestPostgres } from '../support/postgres.js';

let postgres: TestPostgres;
let lab: DispatchLab;
let outbound: OutboundClient;
let receiver: Server;
let port: number;
/** Keys of requests, in order, and what each was answered with. */
const seen: { key: string; event: string; status: number | null }[] = [];
let answer: (response: ServerResponse, request: IncomingMessage) => number | null;

beforeAll(async () => {
  postgres = await startTestPostgres();
  lab = new DispatchLab(await postgres.openDataSource(), { SWARMWARD_NOTIFY_TIMEOUT_SECONDS: '20' });
  outbound = new OutboundClient(outboundPolicy(lab.settings, 'test'));
  receiver = createServer((request, response) => {
    request.resume().on('end', () => {
      const { 'idempotency-key': key, 'x-swarmward-event': event } = request.headers;
      seen.push({ key: String(key), event: String(event), status: answer(response, request) });
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  port = (receiver.address() as AddressInfo).port;
});
beforeEach(() =>
  lab.channel('ops', { config: { url: `http://127.0.0.1:${port}/hook`, format: 'swarmward', headers: {} } }),
);
afterEach(async () => {
  await lab.reset();
  seen.length = 0;
});
afterAll(async () => {
  outbound.close();
  receiver.closeAllConnections();
  receiver.close();
  await postgres.stop();
});

const end = (status: number) => (response: ServerResponse) => {
  response.writeHead(status).end('said');
  return status;
};
const start = (by = lab) =>
  by.start(by.dispatcher(undefined, undefined, [new WebhookDriver(new JsonPoster(outbound))]));
/** The firing and the resolve, each under one key; what went before of each. */
async function fireAndResolve(by = lab): Promise<void> {
  await lab.fire({ name: 'a' });
  const dispatcher = start(by);
  await eventually(async () => expect(await lab.deliveries()).toMatchObject([{ state: 'delivered' }]));
  await lab.resolve('a');
  dispatcher.wake();
  await eventually(async () =>
    expect(await lab.deliveries()).toMatchObject([{ state: 'delivered' }, { state: 'delivered' }]),
  );
  for (const event of ['firing', 'resolved']) {
    expect(new Set(seen.filter((each) => each.event === event).map(({ key }) => key)).size).toBe(1);
  }
  expect(seen.map((each) => each.event).sort()).toEqual(seen.map((each) => each.event));
  await nothingTwice();
}

/** What is known to have arrived is not sent again; what may have arrived is, each time as an attempt that is written down. */
async function nothingTwice(): Promise<void> {
  for (const { id, uncertain, attempts } of await lab.deliveries()) {
    const log = await lab.database.query<{ outcome: string }[]>(
      'SELECT outcome FROM delivery_attempts WHERE delivery_id = $1 ORDER BY number',
      [id],
    );
    expect(log.map(({ outcome }) => outcome === 'delivered')).toEqual([...Array(attempts - 1).fill(false), true]);
    const answers = seen.flatMap(({ key, status }) => (key === id ? [status] : []));
    expect(answers.length).toBeLessThanOrEqual(attempts);
    if (!uncertain) expect(answers.filter((status) => status === 200)).toHaveLength(1);
  }
}

it('a receiver that answers 500 twice', async () => {
  let failures = 2;
  answer = (response) => end(failures-- > 0 ? 500 : 200)(response);
  await fireAndResolve();
  expect(seen.map(({ status }) => status)).toEqual([500, 500, 200, 200]);
});

it('a receiver that hangs the first time: it may have arrived', async () => {
  let hangs = 1;
  answer = (response) => (hangs-- > 0 ? null : end(200)(response));
  const hasty = new DispatchLab(lab.database, { SWARMWARD_NOTIFY_TIMEOUT_SECONDS: '2' });
  try {
    await fireAndResolve(hasty);
  } finally {
    await hasty.stop();
  }
  expect(seen[0]).toMatchObject({ event: 'firing', status: null });
  expect((await lab.deliveries())[0]).toMatchObject({ uncertain: true });
});

it('a receiver that breaks the connection after it read: it may have arrived', async () => {
  let breaks = 1;
  answer = (response, request) => {
    if (breaks-- <= 0) return end(200)(response);
    request.socket.destroy();
    return null;
  };
  await fireAndResolve();
  expect((await lab.deliveries())[0]).toMatchObject({ uncertain: true, attempts: 2 });
});

it('a receiver that is slow, but in time: once', async () => {
  answer = (response) => {
    setTimeout(() => end(200)(response), 600);
    return 200;
  };
  await fireAndResolve();
  expect(seen.map(({ status }) => status)).toEqual([200, 200]);
});

it('a receiver that is not there at first', async () => {
  answer = end(200);
  const nowhere = await freePort();
  const to = (where: number) =>
    lab.database.query(`UPDATE channels SET config = jsonb_set(config, '{url}', to_jsonb($1::text))`, [
      `http://127.0.0.1:${where}/hook`,
    ]);
  await to(nowhere);
  await lab.fire({ name: 'a' });
  const dispatcher = start();
  await eventually(async () => expect(await lab.deliveries()).toMatchObject([{ state: 'retrying', uncertain: false }]));
  await to(port);
  dispatcher.channelsChanged();
  await eventually(async () => expect(await lab.deliveries()).toMatchObject([{ state: 'delivered' }]));
  expect(seen).toHaveLength(1);
});
