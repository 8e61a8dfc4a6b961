import type { CacheService } from '../../src/platform/cache/cache.service.js';
import { type CacheApp, gate, startCache } from '../support/cache-app.js';
import { eventually } from '../support/eventually.js';
import { redisMissing, RedisServer } from '../support/redis.js';
import { describeWith } from '../support/requires.js';

const HOUR = 3_600_000;

/** What holds for the cache whatever is behind it. */
function contract(start: () => Promise<CacheApp>): void {
  let app: CacheApp;
  let cache: CacheService;

  beforeAll(async () => {
    app = await start();
    cache = app.cache;
  });
  beforeEach(() => cache.clear());
  afterAll(() => app.close());

  it('answers what was set, with nulls and big values whole', async () => {
    const picture = { nodes: Array.from({ length: 20_000 }, (_, index) => ({ id: `n${index}`, downSince: null })) };
    expect(await cache.set('docker_swarm_status', picture, 300_000)).toBe('stored');
    expect(await cache.get('docker_swarm_status')).toEqual(picture);
    expect(cache.peek('docker_swarm_status')).toBe(picture);
  });

  it('does not know what was never set', async () => {
    expect(await cache.get('nothing')).toBeUndefined();
    expect(cache.peek('nothing')).toBeUndefined();
    expect(await cache.remainingTtlMs('nothing')).toBeUndefined();
  });

  it('forgets a value when its lifetime is over, and frees its memory', async () => {
    await cache.set('short', 1, 60);
    await cache.set('long', 2, HOUR);
    await eventually(async () => expect(await cache.get('short')).toBeUndefined(), { everyMs: 10 });
    expect(await cache.get('long')).toBe(2);
    await cache.set('short', 1, 1);
    await eventually(() => expect(cache.purgeExpired()).toBe(1), { everyMs: 5 });
    expect(cache.statistics().keys).toBe(1);
  });

  it('says how long a value has left', async () => {
    await cache.set('key', 1, HOUR);
    const left = await cache.remainingTtlMs('key');
    expect(left).toBeGreaterThan(HOUR - 60_000);
    expect(left).toBeLessThanOrEqual(HOUR);
  });

  it.each([0, -1, Number.NaN, Infinity, 25 * HOUR])('refuses a lifetime of %p ms', async (ttlMs) => {
    await expect(cache.set('key', 1, ttlMs)).rejects.toThrow(RangeError);
  });

  it('refuses to keep undefined and keys that no store can hold', async () => {
    await expect(cache.set('key', undefined, 1_000)).rejects.toThrow(TypeError);
    await expect(cache.get('a*')).rejects.toThrow(TypeError);
    await expect(cache.invalidate('dev*')).rejects.toThrow(/must be "\*", "prefix:\*" or one key/);
  });

  it('keeps no text that only looks like code or dates from coming back as text', async () => {
    const value = { a: '_function_x|() => 1', b: '_date_2026-01-01', c: '2026-01-01T00:00:00.000Z', d: ':base64:AAAA' };
    await cache.getOrLoad('texts', { ttlMs: HOUR }, async () => value);
    expect(await cache.get('texts')).toEqual(value);
  });

  it('loads once for a hundred who ask at once', async () => {
    const source = gate<{ n: number }>();
    const load = jest.fn(() => source.promise);
    const answers = Array.from({ length: 100 }, () => cache.getOrLoad('crowd', { ttlMs: HOUR }, load));
    await eventually(() => expect(load).toHaveBeenCalled(), { everyMs: 5 });
    source.open({ n: 1 });
    expect(await Promise.all(answers)).toEqual(Array.from({ length: 100 }, () => ({ n: 1 })));
    await cache.getOrLoad('crowd', { ttlMs: HOUR }, load);
    expect(load).toHaveBeenCalledTimes(1);
  });

  it('shows the old value while the new one is loaded, once', async () => {
    const options = { ttlMs: 40, staleMs: HOUR, jitter: 0 };
    await cache.getOrLoad('swr', options, async () => 'old');
    await eventually(async () => expect(await cache.get('swr')).toBeUndefined(), { everyMs: 10 });
    const source = gate<string>();
    const load = jest.fn(() => source.promise);
    const again = { ...options, ttlMs: HOUR };
    expect(await cache.getOrLoad('swr', again, load)).toBe('old');
    expect(await cache.getOrLoad('swr', again, load)).toBe('old');
    source.open('new');
    await eventually(async () => expect(await cache.getOrLoad('swr', again, load)).toBe('new'), { everyMs: 10 });
    expect(load).toHaveBeenCalledTimes(1);
  });

  it('goes on with the old value while its source fails, without asking it each time', async () => {
    const options = { ttlMs: 20, staleMs: HOUR, jitter: 0 };
    await cache.getOrLoad('sick', options, async () => 'old');
    await eventually(async () => expect(await cache.get('sick')).toBeUndefined(), { everyMs: 10 });
    const load = jest.fn(() => Promise.reject(new Error('source is down')));
    const began = performance.now();
    for (let turn = 0; turn < 20; turn++) expect(await cache.getOrLoad('sick', options, load)).toBe('old');
    // Once a second.
    expect(load.mock.calls.length).toBeLessThanOrEqual(1 + (performance.now() - began) / 1_000);
    expect(load).toHaveBeenCalled();
  });

  it('keeps neither errors nor undefined nor null, unless null is wanted', async () => {
    const answers: (() => Promise<unknown>)[] = [
      () => Promise.reject(new Error('first')),
      async () => undefined,
      async () => null,
      async () => null,
    ];
    const load = jest.fn(() => answers.shift()!());
    await expect(cache.getOrLoad('odd', { ttlMs: HOUR }, load)).rejects.toThrow('first');
    expect(await cache.getOrLoad('odd', { ttlMs: HOUR }, load)).toBeUndefined();
    expect(await cache.getOrLoad('odd', { ttlMs: HOUR }, load)).toBeNull();
    expect(await cache.getOrLoad('odd', { ttlMs: HOUR, negativeTtlMs: HOUR }, load)).toBeNull();
    expect(await cache.getOrLoad('odd', { ttlMs: HOUR }, load)).toBeNull();
    expect(load).toHaveBeenCalledTimes(4);
  });

  it('ends a load that takes too long, and tells it so', async () => {
    let signal: AbortSignal | undefined;
    const load = (given: AbortSignal) => {
      signal = given;
      return new Promise<never>(() => undefined);
    };
    await expect(cache.getOrLoad('slow', { ttlMs: HOUR, timeLimitMs: 30 }, load)).rejects.toThrow(
      'No answer within 30 ms',
    );
    expect(signal?.aborted).toBe(true);
    expect(await cache.getOrLoad('slow', { ttlMs: HOUR }, async () => 'fine')).toBe('fine');
  });

  it('forgets one key, a prefix of any depth, or everything', async () => {
    const known = async () => {
      const keys = ['device:1', 'device:1:ports', 'device:2', 'devices', 'alert:1'];
      const values = await Promise.all(keys.map((key) => cache.get(key)));
      return keys.filter((_, index) => values[index] !== undefined);
    };
    for (const key of ['device:1', 'device:1:ports', 'device:2', 'devices', 'alert:1']) await cache.set(key, key, HOUR);
    await cache.delete('device:2');
    expect(await known()).toEqual(['device:1', 'device:1:ports', 'devices', 'alert:1']);
    expect(await cache.remainingTtlMs('device:2')).toBeUndefined();
    await cache.invalidate('device:1:*');
    expect(await known()).toEqual(['device:1', 'devices', 'alert:1']);
    await cache.invalidate('device:*');
    expect(await known()).toEqual(['devices', 'alert:1']);
    await cache.invalidate('*');
    expect(await known()).toEqual([]);
    await cache.set('device:1', 'anew', HOUR);
    expect(await known()).toEqual(['device:1']);
  });

  it.each(['item:1', 'item:*', '*'])('does not keep a load that invalidate("%s") overtook', async (pattern) => {
    const source = gate<string>();
    const load = jest.fn(() => source.promise);
    const waiting = cache.getOrLoad('item:1', { ttlMs: HOUR }, load);
    await eventually(() => expect(load).toHaveBeenCalled(), { everyMs: 5 });
    await cache.invalidate(pattern);
    source.open('from before the change');
    expect(await waiting).toBe('from before the change');
    expect(await cache.get('item:1')).toBeUndefined();
    expect(await cache.getOrLoad('item:1', { ttlMs: HOUR }, async () => 'after')).toBe('after');
  });

  it('counts hits and misses, in all and per prefix', async () => {
    const before = cache.statistics();
    await cache.get('counted:1');
    await cache.set('counted:1', 1, HOUR);
    await cache.get('counted:1');
    cache.peek('counted:1');
    await cache.getOrLoad('counted:2', { ttlMs: HOUR }, async () => 2);
    await cache.set('counted_whole', 1, HOUR);
    await cache.get('counted_whole');
    const after = cache.statistics();
    expect(after.perPrefix['counted']).toEqual({ hits: 2, misses: 2, hitRate: 0.5, keys: 2 });
    expect(after.perPrefix['counted_whole']).toEqual({ hits: 1, misses: 0, hitRate: 1, keys: 1 });
    expect([after.hits - before.hits, after.misses - before.misses]).toEqual([3, 2]);
    expect(after.hitRate).toBeCloseTo(after.hits / (after.hits + after.misses));
    expect(after).toMatchObject({ keys: 3, memoryMaxBytes: 8 * 1024 * 1024 });
  });

  it('stays within its memory', async () => {
    for (let index = 0; index < 40; index++) await cache.set(`big:${index}`, { text: 'x'.repeat(500_000) }, HOUR);
    const { memoryBytes, memoryMaxBytes, keys } = cache.statistics();
    expect(memoryBytes).toBeGreaterThan(memoryMaxBytes / 2);
    expect(memoryBytes).toBeLessThanOrEqual(memoryMaxBytes);
    expect(keys).toBeLessThan(10);
    expect(cache.peek('big:39')).toBeDefined();
    expect(cache.peek('big:0')).toBeUndefined();
  });
}

describe('cache in memory', () => {
  contract(() => startCache());

  it('answers the very object, and says that memory is all there is', async () => {
    const app = await startCache();
    const value = { nodes: [] };
    await app.cache.set('key', value, HOUR);
    expect(await app.cache.get('key')).toBe(value);
    expect([app.cache.status(), await app.cache.ping()]).toEqual(['memory', 'memory']);
    expect(app.cache.statistics()).toMatchObject({ backend: 'memory', redis: null });
    await app.close();
  });

  it('says when a value is too large to keep', async () => {
    const app = await startCache();
    expect(await app.cache.set('huge', 'x'.repeat(5_000_000), HOUR)).toBe('not_stored');
    await app.close();
  });
});

describeWith('cache on Redis', redisMissing(), () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.create();
  });
  afterAll(() => server.stop());

  contract(() => startCache(server.url));
});
