import { readFileSync } from 'node:fs';
import { eventually } from '../support/eventually.js';
import { EventStream } from '../support/event-stream.js';
import { type FakeEngine, startFakeEngine } from '../support/fake-engine.js';
import { query, startTestPostgres, type TestPostgres } from '../support/postgres.js';
import { ADMIN_TOKEN, databaseUrl, Product } from '../support/product.js';
import { expectProblem, SchemaCheck, Wire } from '../support/wire.js';

jest.setTimeout(120_000);

/** The built product: an API process that tells, and a worker process that something is told of. */
describe('the stream of the product', () => {
  let engine: FakeEngine;
  let postgres: TestPostgres;
  let database: Awaited<ReturnType<TestPostgres['createEmptyDatabase']>>;
  let env: Record<string, string>;
  let api: Product;
  let worker: Product;
  let wire: Wire;
  let stream: EventStream;
  beforeAll(async () => {
    [engine, postgres] = await Promise.all([startFakeEngine({ nodes: 3, services: 2, tasks: 6 }), startTestPostgres()]);
    database = await postgres.createEmptyDatabase();
    env = {
      DATABASE_URL: databaseUrl(database),
      DOCKER_HOST: engine.dockerHost,
      // The cron does not interfere.
      SWARMWARD_SWARM_REFRESH_SECONDS: '3600',
      SWARMWARD_WORKER_QUEUES: 'swarm',
    };
    api = await Product.start({ env: { ...env, SWARMWARD_ROLE: 'api' } });
    wire = await Wire.of(api);
    stream = await open();
    worker = await Product.start({ env: { ...env, SWARMWARD_ROLE: 'worker' } });
  }, 120_000);
  afterAll(async () => {
    stream?.leave();
    await Promise.all([api?.stop(), worker?.stop()]);
    await Promise.all([engine?.close(), postgres?.stop()]);
  });

  const open = (search = '', token = ADMIN_TOKEN, headers: Record<string, string> = {}): Promise<EventStream> =>
    EventStream.open(api.port, `/api/v1/stream${search}`, { authorization: `Bearer ${token}`, ...headers });
  const changes = () => stream.events.filter(({ event }) => event === 'swarm.changed').map(({ data }) => data);
  /** One refresh, waited for by its job. */
  const refresh = async (): Promise<Record<string, unknown>> => {
    const asked = await wire.ask('/api/v1/status/swarm/refresh', { method: 'POST' });
    const { job_id: id } = (asked.body as { data: { job_id: string } }).data;
    return eventually(async () => {
      const answer = await wire.ask(`/api/v1/jobs/${id}`);
      const { data } = answer.body as { data: Record<string, unknown> };
      expect(data).toMatchObject({ id, name: 'swarm.refresh', queue: 'swarm', finished_at: expect.any(String) });
      return data;
    });
  };

  it('tells what another process found in the swarm', async () => {
    await eventually(() => expect(changes().at(-1)).toMatchObject({ nodes: { total: 3 }, stale: false }));
    const { data } = await api.json<{ data: { services_summary: object } }>('/api/v1/status/swarm');
    expect(changes().at(-1)!['services']).toEqual(data.services_summary);
  });

  it('says nothing when only time has passed, and speaks up when the swarm cannot be read and when it can again', async () => {
    const before = changes().length;
    expect(await refresh()).toMatchObject({ state: 'completed', progress: null, error: null });
    engine.setMode('error');
    await refresh();
    await eventually(() => expect(changes().slice(before)).toMatchObject([{ stale: true }]));
    await refresh();
    engine.setMode('ok');
    await refresh();
    await eventually(() => expect(changes().slice(before)).toMatchObject([{ stale: true }, { stale: false }]));
  });

  it('tells events as they are documented', () => {
    const operation = wire.document.paths['/api/v1/stream']!['get']!;
    const { schema, examples } = operation.responses['200']!.content!['text/event-stream']!;
    const events = ['device.state', 'swarm.changed', 'alert.changed', 'job.progress', 'reset'];
    expect(Object.keys(examples!)).toEqual(events);
    const check = new SchemaCheck(wire.document);
    expect(stream.events.length).toBeGreaterThan(2);
    for (const event of stream.events) expect([event, check.errors(schema, event)]).toEqual([event, []]);
  });

  it('tells jobs and a restarted database to a client that came back', async () => {
    const job = { kind: 'job', id: 'x', name: 'device.check', state: 'active', progress: { step: 1 } };
    const { lastId } = stream;
    stream.leave();
    await query(database, `SELECT pg_notify('swarmward_events', $1)`, [JSON.stringify(job)]);
    stream = await open('?events=job.progress', ADMIN_TOKEN, { 'last-event-id': lastId });
    const { kind: _, ...data } = job;
    expect(await stream.until(1)).toMatchObject([{ event: 'job.progress', data }]);
    await query(
      postgres.server.connection,
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'swarmward events'`,
    );
    expect(await stream.until(1, 'reset')).toMatchObject([{ data: { reason: 'gap' } }]);
  });

  it('is heard by the example of docs/stream.md', async () => {
    const [, code] = /```js\n(.*?)```/s.exec(readFileSync('docs/stream.md', 'utf8'))!;
    const over = new AbortController();
    const ask = (path: string, init: RequestInit) => fetch(api.url + path, { ...init, signal: over.signal });
    const never = () => undefined;
    // Its loop has no end of its own: the pause before it comes back is where the test leaves it.
    const make = new Function('fetch', 'setTimeout', 'console', `${code}\nreturn listen;`);
    const listen = make(ask, never, { warn: never }) as (token: string, on: (...event: unknown[]) => void) => unknown;
    const heard: unknown[] = [];
    void listen(ADMIN_TOKEN, (...event) => heard.push(event));
    await eventually(async () => {
      await query(database, `SELECT pg_notify('swarmward_events', $1)`, [
        JSON.stringify({ kind: 'job', id: 'doc: a', name: 'device.check', state: 'completed', progress: null }),
      ]);
      expect(heard).toContainEqual([
        'job.progress',
        { id: 'doc: a', name: 'device.check', state: 'completed', progress: null },
      ]);
    });
    over.abort();
  });

  it('answers for jobs that are not there, and for ids that are none', async () => {
    expectProblem(await wire.ask('/api/v1/jobs/device.check-0b9c1f7e'), 404, 'job_not_found');
    expectProblem(await wire.ask(`/api/v1/jobs/${'x'.repeat(201)}`), 400, 'validation_failed');
    expectProblem(await wire.ask('/api/v1/jobs/a%20b'), 400, 'validation_failed');
  });

  it('is cut when its token is revoked over the API', async () => {
    const { id, token } = await wire.make('viewer');
    const doomed = await open('', token);
    await wire.ask(`/api/v1/tokens/${id}`, { method: 'DELETE' });
    await doomed.untilClosed(30_000);
  });

  it('is kept open by heartbeats', async () => {
    // One comes before any limit of the server on silence, the shortest of which is 60 s.
    await eventually(() => expect(stream.comments.length).toBeGreaterThan(1), { timeoutMs: 45_000 });
    expect(stream.closed).toBe(false);
  }, 120_000);

  it('does not hold up a stop', async () => {
    const others = await Promise.all([open(), open(), open()]);
    const began = performance.now();
    const stopped = api.stop();
    await Promise.all([stream, ...others].map((each) => each.untilClosed()));
    expect(await stopped).toEqual({ code: 0, signal: null });
    // Clients that only keep their connection are waited for longer.
    expect(performance.now() - began).toBeLessThan(5_000);
  });
});
