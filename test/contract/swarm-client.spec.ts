import { Logger } from '@nestjs/common';
import { DefaultEngineLimits } from '../../src/swarm/engine/engine-limits.js';
import type { DockerodeSwarmClient } from '../../src/swarm/engine/dockerode-swarm.client.js';
import { eventually } from '../support/eventually.js';
import { type FakeEngine, type FakeMode, startFakeEngine } from '../support/fake-engine.js';
import { PLANTED_JOIN_TOKEN, PLANTED_SECRET } from '../support/fake-engine-payloads.js';
import { clientOf, failure, never } from '../support/swarm-client.js';

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
    ['hang', 'docker_timeout', /did not answer \/nodes within 1 s/],
    ['drip', 'docker_timeout', /did not answer \/nodes within 1 s/],
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
    if (code === 'docker_timeout') client = clientOf({ DOCKER_HOST: engine.dockerHost }, { callMs: 1_000 });
    await client.collect(never);
    engine.setMode(mode === 'starting' || mode === 'worker' ? mode : 'ok');
    engine.setMode(mode, '/nodes');
    if (mode !== 'starting') for (const path of ['/services', '/tasks']) engine.setMode('hang', path);
    const started = performance.now();
    const error = await failure(client);
    expect(performance.now() - started).toBeLessThan(8_000);
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
    if (code === 'docker_timeout') client = clientOf({ DOCKER_HOST: engine.dockerHost }, { callMs: 1_000 });
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
      if (['hang', 'drip'].includes(mode)) client = clientOf({ DOCKER_HOST: engine.dockerHost }, { infoGraceMs: 100 });
      await client.collect(never);
      engine.setMode(mode, '/info');
      const started = performance.now();
      const collection = await client.collect(never);
      expect(performance.now() - started).toBeLessThan(8_000);
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
    const hasty = clientOf({ DOCKER_HOST: engine.dockerHost }, { infoGraceMs: 100 });
    expect(await hasty.collect(never)).toMatchObject({ kind: 'not-in-swarm', info: null });
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
