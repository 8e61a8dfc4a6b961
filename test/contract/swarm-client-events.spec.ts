import { Logger } from '@nestjs/common';
import type { EngineLimits } from '../../src/swarm/engine/engine-limits.js';
import type { SwarmChangeHint } from '../../src/swarm/engine/swarm-client.port.js';
import { eventually } from '../support/eventually.js';
import { type FakeEngine, type FakeMode, startFakeEngine } from '../support/fake-engine.js';
import { clientOf, never } from '../support/swarm-client.js';

beforeAll(() => Logger.overrideLogger(false));

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
    watch({ callMs: 500 });
    await eventually(() => expect(engine.openEventStreams).toBe(1));
    const opened = Date.now();
    await eventually(() => expect(Date.now() - opened).toBeGreaterThan(1_200));
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
      watch(mode === 'hang' ? { callMs: 300 } : {});
      await eventually(() => expect(engine.callsOf('/events').length).toBeGreaterThan(2));
      engine.setMode('ok');
      await eventually(() => {
        engine.emitEvent({ Type: 'node', Action: 'update' });
        expect(hints).toContainEqual({ reason: 'event', detail: 'node update' });
      });
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
    await eventually(() => expect(engine.callsOf('/events').length).toBeGreaterThanOrEqual(5));
    const starts = engine.callsOf('/events').map(({ startedAt }) => startedAt);
    expect(starts[1]! - starts[0]!).toBeGreaterThan(15);
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
    await eventually(() => expect(engine.openEventStreams).toBe(0));
    stop.abort();
    await watching;
    await manager.close();
  });
});
