import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { readSettings } from '../../src/platform/config/read-settings.js';
import { DockerodeSwarmClient } from '../../src/swarm/engine/dockerode-swarm.client.js';
import { DefaultEngineLimits, type EngineLimits } from '../../src/swarm/engine/engine-limits.js';
import { type SwarmChangeHint, SwarmCollectionError } from '../../src/swarm/engine/swarm-client.port.js';
import { type EngineProxy, startEngineProxy } from '../support/engine-proxy.js';
import { eventually } from '../support/eventually.js';
import { type FakeEngine, type FakeMode, startFakeEngine } from '../support/fake-engine.js';
import { PLANTED_JOIN_TOKEN, PLANTED_SECRET } from '../support/fake-engine-payloads.js';
import { makeCertificates, opensslMissing, startTlsFront } from '../support/fake-engine-tls.js';
import { describeWith } from '../support/requires.js';
import { type SwarmLab, startSwarmLab, swarmLabMissing } from '../support/swarm-lab.js';

const SHORT = {
  callMs: 300,
  collectMs: 600,
  infoGraceMs: 100,
  retryFirstMs: 20,
  retryMaxMs: 100,
  eventsRenewMs: 60_000,
};
/** What `docker inspect` prints of one object; only the fields compared here. */
interface Inspected {
  ID: string;
  CreatedAt: string;
  Spec: { Role: string };
  ManagerStatus?: { Leader?: boolean; Reachability: string };
  Description: {
    Hostname: string;
    Engine: { EngineVersion: string };
    Resources: { NanoCPUs: number; MemoryBytes: number };
  };
  DesiredState: string;
  Status: { State: string; Timestamp: string };
}
const never = new AbortController().signal;

function clientOf(env: Record<string, string>, limits: Partial<EngineLimits> = {}): DockerodeSwarmClient {
  return new DockerodeSwarmClient(readSettings(env), Object.assign(new DefaultEngineLimits(), SHORT, limits));
}

async function failure(client: DockerodeSwarmClient, signal = never): Promise<SwarmCollectionError> {
  const outcome = await client.collect(signal).catch((error: unknown) => error);
  if (outcome instanceof SwarmCollectionError) return outcome;
  throw new Error('It did not fail as it should', { cause: outcome });
}

beforeAll(() => Logger.overrideLogger(false));

describe('DockerodeSwarmClient on an engine that misbehaves', () => {
  let engine: FakeEngine;
  let client: DockerodeSwarmClient;

  beforeEach(async () => {
    engine = await startFakeEngine();
    client = clientOf({ DOCKER_HOST: engine.dockerHost });
  });
  afterEach(() => engine.close());

  it('brings the lists home with five calls, then four', async () => {
    const first = await client.collect(never);
    expect(first).toMatchObject({ kind: 'facts', infoError: null, host: engine.dockerHost });
    if (first.kind !== 'facts') return;
    expect([first.facts.nodes.length, first.facts.services.length, first.facts.tasks.length]).toEqual([3, 3, 12]);
    expect(first.facts.info).toMatchObject({ localNodeState: 'active', controlAvailable: true });
    expect(first.calls.map(({ call }) => call).sort()).toEqual(['info', 'nodes', 'ping', 'services', 'tasks']);
    expect(first.calls.every(({ bytes, durationMs, error }) => bytes > 0 && durationMs > 0 && error === null)).toBe(
      true,
    );

    await client.collect(never);
    expect(engine.calls.map(({ path }) => path).sort()).toEqual(
      ['/_ping', '/info', '/info', '/nodes', '/nodes', '/services', '/services', '/tasks', '/tasks'].sort(),
    );
    expect(engine.calls.every(({ method }) => method === 'GET')).toBe(true);
    expect(engine.callsOf('/services')[0]?.url).toBe('/v1.47/services?status=true');
    await eventually(() => expect(engine.openConnections).toBe(0));
  });

  it('makes no more calls for 200 services', async () => {
    const large = await startFakeEngine({ nodes: 100, services: 200, tasks: 2_000 });
    client = clientOf({ DOCKER_HOST: large.dockerHost }, new DefaultEngineLimits());
    expect(await client.collect(never)).toMatchObject({ kind: 'facts' });
    expect(large.calls).toHaveLength(5);
    await large.close();
  });

  it('lets no environment value and no join token out', async () => {
    const collection = JSON.stringify(await client.collect(never));
    expect(collection).not.toContain(PLANTED_SECRET);
    expect(collection).not.toContain('PLANTED_ENV');
    expect(collection).not.toContain(PLANTED_JOIN_TOKEN);
    expect(engine.callsOf('/swarm')).toEqual([]);
  });

  it('uses the unversioned path when the engine names no version', async () => {
    engine.apiVersion = null;
    expect(await client.collect(never)).toMatchObject({ kind: 'facts' });
    expect(engine.callsOf('/nodes')[0]?.url).toBe('/nodes');
  });

  it('negotiates anew when the engine no longer speaks the version', async () => {
    await client.collect(never);
    engine.setMode('old-version');
    engine.apiVersion = null;
    expect(await client.collect(never)).toMatchObject({ kind: 'facts' });
    expect(engine.callsOf('/_ping')).toHaveLength(2);
  });

  const message = /^(The Docker Engine at|What listens at|No Docker Engine) .{20,400}$/;
  it.each<[FakeMode, string, RegExp]>([
    ['hang', 'docker_timeout', /did not answer \/nodes within 0\.3 s/],
    ['drip', 'docker_timeout', /did not answer \/nodes within 0\.3 s/],
    ['garbage', 'docker_bad_answer', /something that is not a JSON list to \/nodes \(it does not begin with \[\)/],
    ['wrong', 'docker_bad_answer', /something that is not a JSON list to \/nodes/],
    ['half', 'docker_bad_answer', /ended its answer to \/nodes too early/],
    ['short', 'docker_bad_answer', /ended its answer to \/nodes too early/],
    ['reset', 'docker_unreachable', /closed the connection without answering \/nodes/],
    ['not-http', 'docker_bad_answer', /does not speak HTTP/],
    ['redirect', 'docker_bad_answer', /redirects \/nodes \(HTTP 302\)/],
    ['error', 'docker_refused', /refused \/nodes with HTTP 500: rpc error: code = Unknown desc/],
    ['leaderless', 'docker_refused', /HTTP 503: rpc error: The swarm does not have a leader/],
    [
      'worker',
      'not_a_manager',
      /is a worker of the swarm; only managers know its state\. Set DOCKER_HOST to a manager/,
    ],
    ['starting', 'docker_refused', /refused \/nodes with HTTP 503/],
  ])('%s on one list: %s, and all other calls are stopped', async (mode, code, words) => {
    await client.collect(never);
    engine.setMode(mode === 'starting' || mode === 'worker' ? mode : 'ok');
    engine.setMode(mode, '/nodes');
    if (mode !== 'starting') for (const path of ['/services', '/tasks']) engine.setMode('hang', path);
    const started = performance.now();
    const error = await failure(client);
    expect(performance.now() - started).toBeLessThan(550);
    expect(error.code).toBe(code);
    expect(error.message).toMatch(words);
    expect(error.message).toMatch(message);
    expect(error.message).not.toMatch(/It works|nothing to see/);
    expect(error.calls.find(({ call }) => call === 'nodes')?.error).toBe(error.message);
    expect(error.calls.map(({ call }) => call).sort()).toEqual(['info', 'nodes', 'services', 'tasks']);
    await eventually(() => expect(engine.openConnections).toBe(0));

    engine.setMode('ok');
    expect(await client.collect(never)).toMatchObject({ kind: 'facts' });
  });

  it.each<[FakeMode, string]>([
    ['hang', 'docker_timeout'],
    ['drip', 'docker_timeout'],
    ['half', 'docker_bad_answer'],
    ['not-http', 'docker_bad_answer'],
    ['error', 'docker_refused'],
  ])('%s from the first contact on: %s', async (mode, code) => {
    engine.setMode(mode);
    const error = await failure(client);
    expect(error.code).toBe(code);
    expect(error.calls.length).toBeGreaterThan(0);
    engine.setMode('ok');
    expect(await client.collect(never)).toMatchObject({ kind: 'facts' });
  });

  it('names the access a socket proxy must allow', async () => {
    engine.setMode('forbidden', '/tasks');
    const error = await failure(client);
    expect(error).toMatchObject({ code: 'docker_refused' });
    expect(error.message).toContain('does not allow /tasks (HTTP 403)');
    expect(error.message).toContain('INFO NODES SERVICES TASKS EVENTS PING VERSION');
  });

  it.each<FakeMode>(['hang', 'drip', 'garbage', 'wrong', 'half', 'reset', 'error', 'forbidden'])(
    '%s on /info alone does not lose the lists',
    async (mode) => {
      await client.collect(never);
      engine.setMode(mode, '/info');
      const started = performance.now();
      const collection = await client.collect(never);
      expect(performance.now() - started).toBeLessThan(280);
      expect(collection).toMatchObject({ kind: 'facts' });
      if (collection.kind !== 'facts') return;
      expect(collection.facts.nodes).toHaveLength(3);
      if (mode === 'wrong') return;
      expect(collection.facts.info).toBeNull();
      expect(collection.infoError).toContain('/info');
      expect(collection.calls.find(({ call }) => call === 'info')?.error).toBe(collection.infoError);
    },
  );

  it('tells an engine in no swarm from a failure, with and without /info', async () => {
    engine.setMode('not-swarm');
    expect(await client.collect(never)).toMatchObject({
      kind: 'not-in-swarm',
      info: { localNodeState: 'inactive' },
      host: engine.dockerHost,
    });
    engine.setMode('hang', '/info');
    expect(await client.collect(never)).toMatchObject({ kind: 'not-in-swarm', info: null });
  });

  it('survives odd fields, but refuses elements without an ID', async () => {
    engine.setBody('/nodes', [{ ID: 'n1', Spec: 7, Status: [], Description: null, ManagerStatus: 'x' }]);
    engine.setBody('/services', [{ ID: 's1', Spec: { Mode: null, TaskTemplate: [] }, Endpoint: { Ports: [null, 1] } }]);
    engine.setBody('/tasks', [{ ID: 't1', Status: 'x', Slot: 'y', NodeID: 3 }]);
    expect(await client.collect(never)).toMatchObject({ kind: 'facts', facts: { nodes: [{ hostname: 'n1' }] } });
    engine.setBody('/tasks', [{ ID: 't1' }, 'secret']);
    expect(await failure(client)).toMatchObject({
      code: 'docker_bad_answer',
      message: expect.stringContaining('a list of objects to /tasks (element 2 has no ID)'),
    });
  });

  it('reads no more than its limit', async () => {
    client = clientOf({ DOCKER_HOST: engine.dockerHost }, { maxTasksBytes: 5_000 });
    expect(await failure(client)).toMatchObject({
      code: 'docker_bad_answer',
      message: expect.stringContaining('to /tasks; the rest was not read'),
    });
  });

  it('stops at once when told to', async () => {
    engine.setMode('hang');
    const stop = new AbortController();
    const outcome = failure(client, stop.signal);
    await eventually(() => expect(engine.calls).toHaveLength(1));
    stop.abort();
    expect(await outcome).toMatchObject({ code: 'aborted' });
    await eventually(() => expect(engine.openConnections).toBe(0));
    expect(await failure(client, AbortSignal.abort())).toMatchObject({ code: 'aborted' });
    expect(engine.calls).toHaveLength(1);
  });

  it('comes back by itself after the engine died', async () => {
    await client.collect(never);
    await engine.down();
    expect(await failure(client)).toMatchObject({
      code: 'docker_not_found',
      message: `No Docker Engine at ${engine.dockerHost}. Set DOCKER_HOST, or start the worker with the socket mounted.`,
    });
    await engine.up();
    expect(await client.collect(never)).toMatchObject({ kind: 'facts' });
  });
});

describe('DockerodeSwarmClient and its endpoint', () => {
  const folder = mkdtempSync(join(tmpdir(), 'swd-ep-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('reaches an engine over TCP', async () => {
    const engine = await startFakeEngine({ tcp: true });
    const client = clientOf({ DOCKER_HOST: engine.dockerHost });
    expect(await client.collect(never)).toMatchObject({ kind: 'facts', host: engine.dockerHost });
    await engine.close();
    expect(await failure(client)).toMatchObject({ code: 'docker_unreachable', message: /Nothing listens there/ });
  });

  it('takes nothing from the environment of the process', async () => {
    const engine = await startFakeEngine();
    const { DOCKER_HOST, DOCKER_CERT_PATH } = process.env;
    process.env['DOCKER_HOST'] = 'tcp://127.0.0.1:1';
    try {
      const client = clientOf({ DOCKER_HOST: engine.dockerHost });
      expect(await client.collect(never)).toMatchObject({ kind: 'facts' });
      process.env['DOCKER_CERT_PATH'] = '/nowhere';
      expect(await failure(clientOf({ DOCKER_HOST: engine.dockerHost }))).toMatchObject({
        message: expect.stringContaining('DOCKER_CERT_PATH cannot be read (ENOENT)'),
      });
    } finally {
      restore({ DOCKER_HOST, DOCKER_CERT_PATH });
      await engine.close();
    }
  });

  it('says what is wrong with a socket', async () => {
    const stale = join(folder, 's.sock');
    const server = createServer().listen(stale);
    await eventually(() => expect(server.listening).toBe(true));
    server.close();
    writeFileSync(join(folder, 'file'), '');
    expect(await failure(clientOf({ DOCKER_HOST: `unix://${folder}/none` }))).toMatchObject({
      code: 'docker_not_found',
    });
    expect(await failure(clientOf({ DOCKER_HOST: `unix://${folder}/file` }))).toMatchObject({
      code: 'docker_unreachable',
      message: /The socket is there, but nothing listens on it/,
    });
  });

  it.each([
    ['ssh://root@m1', /ssh:\/\/m1 cannot be used: ssh:\/\/ is not supported/],
    ['npipe:////./pipe/docker_engine', /npipe:\/\/ is not supported/],
    ['tcp://no-such-host.invalid', /cannot be resolved/],
  ])('explains %s', async (host, words) => {
    expect(await failure(clientOf({ DOCKER_HOST: host }, { callMs: 5000, collectMs: 5000 }))).toMatchObject({
      code: 'docker_unreachable',
      message: words,
    });
  });

  it('names the certificate that cannot be read', async () => {
    const env = { DOCKER_HOST: 'tcp://127.0.0.1:1', DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: folder };
    expect(await failure(clientOf(env))).toMatchObject({
      code: 'docker_unreachable',
      message: expect.stringContaining('ca.pem of DOCKER_CERT_PATH cannot be read (ENOENT)'),
    });
  });

  it('tries the next manager, and remembers which one answered', async () => {
    const [worker, silent, manager] = await Promise.all([startFakeEngine(), startFakeEngine(), startFakeEngine()]);
    worker.setMode('worker');
    silent.setMode('hang');
    const hosts = [worker, silent, manager].map(({ dockerHost }) => dockerHost).join(',');
    const client = clientOf({ SWARMWARD_DOCKER_HOSTS: hosts }, { collectMs: 2_000 });
    expect(await client.collect(never)).toMatchObject({ kind: 'facts', host: manager.dockerHost });
    expect(await client.collect(never)).toMatchObject({ kind: 'facts', host: manager.dockerHost });
    expect(silent.calls).toHaveLength(1);

    manager.setMode('not-swarm');
    silent.setMode('not-swarm');
    const error = await failure(client);
    expect(error).toMatchObject({ code: 'not_a_manager' });
    worker.setMode('ok');
    expect(await client.collect(never)).toMatchObject({ kind: 'facts', host: worker.dockerHost });
    worker.setMode('not-swarm');
    expect(await client.collect(never)).toMatchObject({ kind: 'not-in-swarm' });
    await Promise.all([worker, silent, manager].map((engine) => engine.close()));
  });

  it('reaches every manager although the time for one collection is used up by silent ones', async () => {
    const [first, second, good] = await Promise.all([startFakeEngine(), startFakeEngine(), startFakeEngine()]);
    first.setMode('hang');
    second.setMode('hang');
    const hosts = [first, second, good].map(({ dockerHost }) => dockerHost).join(',');
    const client = clientOf({ SWARMWARD_DOCKER_HOSTS: hosts }, { collectMs: 450 });
    expect(await failure(client)).toMatchObject({ code: 'docker_timeout' });
    expect(await client.collect(never)).toMatchObject({ kind: 'facts', host: good.dockerHost });
    await Promise.all([first, second, good].map((engine) => engine.close()));
  });
});

describeWith('DockerodeSwarmClient over TCP with mutual TLS', opensslMissing(), () => {
  it('gets in with its certificate, and says what is wrong without', async () => {
    const [own, other] = [mkdtempSync(join(tmpdir(), 'swd-tls-')), mkdtempSync(join(tmpdir(), 'swd-tls-'))];
    makeCertificates(own);
    makeCertificates(other);
    const engine = await startFakeEngine();
    const front = await startTlsFront(own, engine.dockerHost.slice('unix://'.length));
    const env = { DOCKER_HOST: front.dockerHost, DOCKER_TLS_VERIFY: '1' };

    expect(await clientOf({ ...env, DOCKER_CERT_PATH: own }).collect(never)).toMatchObject({
      kind: 'facts',
      host: front.dockerHost,
    });
    expect(await failure(clientOf({ ...env, DOCKER_CERT_PATH: other }))).toMatchObject({
      code: 'docker_unreachable',
      message: expect.stringMatching(/^No secure connection to tcp:.* DOCKER_CERT_PATH must hold the ca\.pem/),
    });
    copyFileSync(join(own, 'ca.pem'), join(other, 'ca.pem'));
    expect(await failure(clientOf({ ...env, DOCKER_CERT_PATH: other }))).toMatchObject({ code: 'docker_unreachable' });
    expect(await failure(clientOf({ DOCKER_HOST: front.dockerHost }))).toMatchObject({ code: 'docker_unreachable' });
    expect(engine.callsOf('/nodes')).toHaveLength(1);

    await front.close();
    await engine.close();
    for (const folder of [own, other]) rmSync(folder, { recursive: true, force: true });
  });
});

describe('DockerodeSwarmClient following events', () => {
  let engine: FakeEngine;
  let stop: AbortController;
  let hints: SwarmChangeHint[];
  let watching: Promise<void>;

  const watch = (limits: Partial<EngineLimits> = {}): void => {
    watching = clientOf({ DOCKER_HOST: engine.dockerHost }, limits).watch((hint) => hints.push(hint), stop.signal);
  };
  beforeEach(async () => {
    engine = await startFakeEngine();
    stop = new AbortController();
    hints = [];
  });
  afterEach(async () => {
    stop.abort();
    await watching;
    await eventually(() => expect(engine.openConnections).toBe(0));
    await engine.close();
  });

  it('reports events of nodes and services, and nothing at the first connection', async () => {
    watch();
    await eventually(() => expect(engine.openEventStreams).toBe(1));
    engine.emitEvent({ Type: 'service', Action: 'update', Actor: { Attributes: { name: 'web' } } });
    engine.emitEvent({ Type: 'node', Action: 'update' });
    await eventually(() => expect(hints).toHaveLength(2));
    expect(hints).toEqual([
      { reason: 'event', detail: 'service update' },
      { reason: 'event', detail: 'node update' },
    ]);
    const query = new URL(engine.callsOf('/events')[0]!.url, 'http://engine').searchParams;
    expect(JSON.parse(query.get('filters')!)).toEqual({ scope: ['swarm'], type: ['node', 'service'] });
  });

  it('outlives a silence longer than the time limit of a call', async () => {
    watch({ callMs: 50 });
    await eventually(() => expect(engine.openEventStreams).toBe(1));
    const opened = Date.now();
    await eventually(() => expect(Date.now() - opened).toBeGreaterThan(300));
    engine.emitEvent({ Type: 'node', Action: 'update' });
    await eventually(() => expect(hints).toEqual([{ reason: 'event', detail: 'node update' }]));
    expect(engine.callsOf('/events')).toHaveLength(1);
  });

  it('reconnects and says so: after a cut stream, a dead engine, one that was not there at first', async () => {
    const quiet = jest.spyOn(Logger.prototype, 'debug');
    const loud = [jest.spyOn(Logger.prototype, 'warn'), jest.spyOn(Logger.prototype, 'error')];
    await engine.down();
    watch();
    await eventually(() => expect(quiet).toHaveBeenCalledWith(expect.stringMatching(/lost: No Docker Engine at/)));
    await engine.up();
    const reconnected = { reason: 'reconnected', detail: engine.dockerHost };
    await eventually(() => expect(hints).toEqual([reconnected]));
    engine.dropEvents();
    await eventually(() => expect(hints).toEqual([reconnected, reconnected]));
    await engine.down();
    await engine.up();
    await eventually(() => expect(hints).toEqual([reconnected, reconnected, reconnected]));
    for (const log of loud) expect(log).not.toHaveBeenCalled();
    jest.restoreAllMocks();
  });

  it('opens the stream anew from time to time', async () => {
    watch({ eventsRenewMs: 100, retryFirstMs: 60_000, retryMaxMs: 60_000 });
    await eventually(() => expect(engine.callsOf('/events').length).toBeGreaterThan(2));
    expect(hints[0]).toMatchObject({ reason: 'reconnected' });
  });

  it.each<FakeMode>(['hang', 'garbage', 'half', 'reset', 'not-http', 'redirect', 'error', 'forbidden'])(
    'does not crash on %s, and gets over it',
    async (mode) => {
      engine.setMode(mode);
      watch({ callMs: 60 });
      await eventually(() => expect(engine.callsOf('/events').length).toBeGreaterThan(2));
      engine.setMode('ok');
      await eventually(() => expect(engine.openEventStreams).toBe(1));
      engine.emitEvent({ Type: 'node', Action: 'update' });
      await eventually(() => expect(hints).toContainEqual({ reason: 'event', detail: 'node update' }));
    },
  );

  it('bounds a line without an end, and takes a dripping event', async () => {
    watch({ maxEventBytes: 1_000 });
    await eventually(() => expect(engine.openEventStreams).toBe(1));
    engine.emitEvent('x'.repeat(2_000));
    await eventually(() => expect(hints).toHaveLength(1));
    engine.setMode('drip');
    engine.dropEvents();
    await eventually(() => expect(hints).toContainEqual({ reason: 'event', detail: 'node' }));
  });

  it('pauses longer and longer', async () => {
    engine.setMode('error');
    watch({ retryFirstMs: 40, retryMaxMs: 10_000 });
    await eventually(() => expect(engine.callsOf('/events')).toHaveLength(5));
    const starts = engine.callsOf('/events').map(({ startedAt }) => startedAt);
    expect(starts[1]! - starts[0]!).toBeGreaterThan(15);
    expect(starts[4]! - starts[3]!).toBeGreaterThan(starts[1]! - starts[0]!);
    expect(starts[4]! - starts[3]!).toBeGreaterThan(155);
  });

  it('leaves a worker as soon as a collection has found the manager', async () => {
    const manager = await startFakeEngine();
    engine.setMode('worker', '/nodes');
    const client = clientOf({ SWARMWARD_DOCKER_HOSTS: `${engine.dockerHost},${manager.dockerHost}` });
    watching = client.watch((hint) => hints.push(hint), stop.signal);
    await eventually(() => expect(engine.openEventStreams).toBe(1));
    await client.collect(never);
    await eventually(() => expect(manager.openEventStreams).toBe(1));
    expect(engine.openEventStreams).toBe(0);
    stop.abort();
    await watching;
    await manager.close();
  });
});

describeWith('DockerodeSwarmClient on a real swarm of three nodes', swarmLabMissing(), () => {
  let lab: SwarmLab;
  let proxy: EngineProxy;
  let folder: string;
  let client: DockerodeSwarmClient;

  const facts = async () => {
    const collection = await client.collect(never);
    if (collection.kind !== 'facts') throw new Error(`It answered ${collection.kind}`);
    return collection.facts;
  };
  const inspect = async (kind: string, ids: string[]): Promise<Inspected[]> =>
    JSON.parse(await lab.docker(0, [kind, 'inspect', ...ids]));

  beforeAll(async () => {
    lab = await startSwarmLab({ nodes: 3 });
    folder = mkdtempSync(join(tmpdir(), 'swd-px-'));
    proxy = await startEngineProxy(join(folder, 'p.sock'), lab.nodes[0]!.socketPath);
    client = new DockerodeSwarmClient(readSettings({ DOCKER_HOST: proxy.dockerHost }));
  }, 60_000);
  afterAll(async () => {
    await proxy?.close();
    await lab?.stop();
    if (folder) rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  it('knows the nodes as Docker does', async () => {
    const { nodes, info } = await facts();
    const real = await inspect(
      'node',
      nodes.map(({ id }) => id),
    );
    expect(nodes).toHaveLength(3);
    expect(nodes).toEqual(
      real.map((node) =>
        expect.objectContaining({
          id: node.ID,
          hostname: node.Description.Hostname,
          role: node.Spec.Role,
          availability: 'active',
          state: 'ready',
          isLeader: node.ManagerStatus?.Leader ?? false,
          reachability: node.ManagerStatus?.Reachability ?? null,
          engineVersion: node.Description.Engine.EngineVersion,
          nanoCpus: node.Description.Resources.NanoCPUs,
          memoryBytes: node.Description.Resources.MemoryBytes,
          createdAt: node.CreatedAt,
        }),
      ),
    );
    expect(nodes.map(({ address }) => address).sort()).toEqual(['192.168.99.1', '192.168.99.2', '192.168.99.3']);
    expect(info).toMatchObject({ name: 'node1', localNodeState: 'active', controlAvailable: true });
  });

  it('makes five calls, then four', async () => {
    const fresh = new DockerodeSwarmClient(readSettings({ DOCKER_HOST: proxy.dockerHost }));
    proxy.calls.length = 0;
    await fresh.collect(never);
    expect(proxy.calls).toHaveLength(5);
    await fresh.collect(never);
    expect(proxy.calls).toHaveLength(9);
    expect(proxy.calls.every(({ method, status }) => method === 'GET' && status === 200)).toBe(true);
    expect(new Set(proxy.calls.map(({ path }) => path))).toEqual(
      new Set(['/_ping', '/info', '/nodes', '/services', '/tasks']),
    );
  });

  it('knows services of every mode and their tasks as Docker does, and nothing of their environment', async () => {
    const stop = new AbortController();
    const hints: SwarmChangeHint[] = [];
    const watching = client.watch((hint) => hints.push(hint), stop.signal);
    await eventually(() =>
      expect(proxy.calls.some(({ path, status }) => path === '/events' && status === 200)).toBe(true),
    );
    const reserve = ['--reserve-cpu', '0.25', '--reserve-memory', '32M'];
    const secret = ['--env', `PLANTED_ENV=${PLANTED_SECRET}`, '--label', 'com.docker.stack.namespace=shop'];
    await lab.createService('web', ['--replicas', '3', ...reserve, ...secret, '--publish', '8080:80']);
    await lab.createService('every', ['--mode', 'global']);
    await lab.createService('job', ['--mode', 'replicated-job', '--replicas', '2'], ['true']);
    await lab.createService('every-job', ['--mode', 'global-job'], ['true']);
    await lab.createService('asleep', ['--replicas', '0']);
    await lab.createService('crash', ['--restart-delay', '1s'], ['sh', '-c', 'exit 3']);
    await lab.createService('nowhere', ['--constraint', 'node.labels.disk==gold']);
    await eventually(() => expect(hints.filter(({ detail }) => detail === 'service create')).toHaveLength(7));
    stop.abort();
    await watching;

    await eventually(
      async () => {
        const { services, tasks } = await facts();
        const byName = Object.fromEntries(services.map((service) => [service.name, service]));
        const tasksOf = (name: string) => tasks.filter(({ serviceId }) => serviceId === byName[name]!.id);
        expect(byName).toMatchObject({
          web: {
            mode: 'replicated',
            replicas: 3,
            stack: 'shop',
            image: 'lab:1',
            docker: { desiredTasks: 3, runningTasks: 3, completedTasks: 0 },
            reservedNanoCpus: 250_000_000,
            reservedMemoryBytes: 33_554_432,
            publishedPorts: [{ protocol: 'tcp', targetPort: 80, publishedPort: 8080, publishMode: 'ingress' }],
          },
          every: { mode: 'global', replicas: null, docker: { desiredTasks: 3, runningTasks: 3 } },
          job: { mode: 'replicated-job', replicas: 2, docker: { completedTasks: 2 }, jobIteration: expect.any(Number) },
          'every-job': { mode: 'global-job', replicas: null, docker: { completedTasks: 3 } },
          asleep: { mode: 'replicated', replicas: 0, docker: { desiredTasks: 0 } },
          nowhere: { constraints: ['node.labels.disk==gold'], docker: { desiredTasks: 1, runningTasks: 0 } },
        });
        expect(
          tasksOf('web')
            .map(({ slot }) => slot)
            .sort(),
        ).toEqual([1, 2, 3]);
        expect(tasksOf('web')[0]).toMatchObject({ state: 'running', exitCode: null, reservedNanoCpus: 250_000_000 });
        expect(new Set(tasksOf('every').map(({ nodeId }) => nodeId)).size).toBe(3);
        expect(tasksOf('every').every(({ slot }) => slot === null)).toBe(true);
        expect(tasksOf('job')).toHaveLength(2);
        for (const task of tasksOf('job')) {
          expect(task).toMatchObject({ state: 'complete', exitCode: 0, jobIteration: byName['job']!.jobIteration });
        }
        expect(tasksOf('nowhere')).toEqual([
          expect.objectContaining({
            state: 'pending',
            nodeId: null,
            error: expect.stringContaining('no suitable node'),
          }),
        ]);
        const failed = tasksOf('crash').filter(({ state }) => state === 'failed');
        expect(failed.length).toBeGreaterThan(1);
        expect(failed[0]).toMatchObject({ exitCode: 3, error: 'task: non-zero exit (3)', desiredState: 'shutdown' });
        const settled = tasks.filter(({ serviceId }) => serviceId !== byName['crash']!.id);
        const real = await inspect(
          'service',
          services.map(({ id }) => id),
        );
        expect(services.map(({ createdAt }) => createdAt)).toEqual(real.map(({ CreatedAt }) => CreatedAt));
        const shown = await lab.docker(0, ['inspect', '--type', 'task', ...settled.map(({ id }) => id)]);
        expect(settled.map(({ id, state, desiredState, since }) => [id, state, desiredState, since])).toEqual(
          (JSON.parse(shown) as Inspected[]).map((task) => [
            task.ID,
            task.Status.State,
            task.DesiredState,
            task.Status.Timestamp,
          ]),
        );
      },
      { timeoutMs: 30_000, everyMs: 500 },
    );
    expect(JSON.stringify(await client.collect(never))).not.toContain(PLANTED_SECRET);
  }, 60_000);

  it('asks a worker in vain and goes on to the manager', async () => {
    const [manager, worker] = lab.nodes.map(({ dockerHost }) => dockerHost) as [string, string];
    const alone = new DockerodeSwarmClient(readSettings({ DOCKER_HOST: worker }));
    expect(await failure(alone)).toMatchObject({ code: 'not_a_manager' });
    const both = new DockerodeSwarmClient(readSettings({ SWARMWARD_DOCKER_HOSTS: `${worker},${manager}` }));
    expect(await both.collect(never)).toMatchObject({ kind: 'facts', host: manager });
  });

  it('sees an engine that left as one in no swarm', async () => {
    await lab.docker(1, ['swarm', 'leave']);
    const outside = new DockerodeSwarmClient(readSettings({ DOCKER_HOST: lab.nodes[1]!.dockerHost }));
    await eventually(async () =>
      expect(await outside.collect(never)).toMatchObject({
        kind: 'not-in-swarm',
        info: { localNodeState: 'inactive' },
      }),
    );
  });

  it('sees a killed node as down, and a killed manager as a failure that it gets over', async () => {
    await lab.killNode(2);
    await eventually(
      async () => {
        const { nodes } = await facts();
        expect(nodes.find(({ hostname }) => hostname === 'node3')).toMatchObject({ state: 'down' });
      },
      { timeoutMs: 40_000, everyMs: 500 },
    );
    const direct = new DockerodeSwarmClient(readSettings({ DOCKER_HOST: lab.nodes[0]!.dockerHost }));
    await direct.collect(never);
    await lab.killNode(0);
    expect(await failure(direct)).toMatchObject({ code: 'docker_unreachable' });
    await lab.startNode(0);
    await eventually(async () => expect(await direct.collect(never)).toMatchObject({ kind: 'facts' }), {
      timeoutMs: 40_000,
      everyMs: 500,
    });
  }, 120_000);

  it('times out on a frozen engine', async () => {
    const direct = clientOf({ DOCKER_HOST: lab.nodes[0]!.dockerHost }, { callMs: 1_000, collectMs: 1_500 });
    process.kill(lab.nodes[0]!.pid, 'SIGSTOP');
    try {
      expect(await failure(direct)).toMatchObject({ code: 'docker_timeout' });
    } finally {
      process.kill(lab.nodes[0]!.pid, 'SIGCONT');
    }
  });
});

function restore(variables: Record<string, string | undefined>): void {
  for (const [name, value] of Object.entries(variables)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
}
