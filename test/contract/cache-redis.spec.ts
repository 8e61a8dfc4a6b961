import { Logger } from '@nestjs/common';
import { Redis } from 'ioredis';
import { type CacheApp, gate, startCache } from '../support/cache-app.js';
import { eventually } from '../support/eventually.js';
import { redisMissing, RedisServer } from '../support/redis.js';
import { describeWith } from '../support/requires.js';

const HOUR = 3_600_000;

describeWith('cache of several processes on one Redis', redisMissing(), () => {
  let server: RedisServer;
  let plain: Redis;
  let one: CacheApp;
  let two: CacheApp;

  beforeAll(async () => {
    server = await RedisServer.create();
    plain = new Redis(server.url);
    one = await startCache(server.url);
    two = await startCache(server.url);
  });
  beforeEach(() => plain.flushall());
  afterAll(async () => {
    await one.close();
    await two.close();
    plain.disconnect();
    await server.stop();
  });

  it('shares values', async () => {
    await one.cache.set('shared', { n: 1 }, HOUR);
    expect(two.cache.peek('shared')).toBeUndefined();
    expect(await two.cache.get('shared')).toEqual({ n: 1 });
    expect(await two.cache.getOrLoad('shared', { ttlMs: HOUR }, async () => ({ n: 2 }))).toEqual({ n: 1 });
    expect(one.cache.statistics()).toMatchObject({ backend: 'redis', redis: 'connected' });
  });

  it.each(['item:1', 'item:*', '*'])('invalidate("%s") reaches the memory of every process', async (pattern) => {
    await one.cache.set('item:1', 'old', HOUR);
    expect(await two.cache.get('item:1')).toBe('old');
    expect(await one.cache.invalidate(pattern)).toBe(true);
    // Well before the 5 s that memory would answer by itself.
    await eventually(() => expect(two.cache.peek('item:1')).toBeUndefined(), { timeoutMs: 1_000, everyMs: 5 });
    expect(await two.cache.get('item:1')).toBeUndefined();
  });

  it('a new value replaces the copies of the old one everywhere', async () => {
    await one.cache.set('status', 'old', HOUR);
    expect(await two.cache.get('status')).toBe('old');
    await one.cache.set('status', 'new', HOUR);
    await eventually(async () => expect(await two.cache.get('status')).toBe('new'), { timeoutMs: 1_000, everyMs: 5 });
  });

  it.each(['item:1', 'item:*'])(
    'a load elsewhere that invalidate("%s") overtook is read by nobody',
    async (pattern) => {
      const source = gate<string>();
      const load = jest.fn(() => source.promise);
      const waiting = two.cache.getOrLoad('item:1', { ttlMs: HOUR }, load);
      await eventually(() => expect(load).toHaveBeenCalled(), { everyMs: 5 });
      await one.cache.invalidate(pattern);
      source.open('from before the change');
      await waiting;
      expect(await one.cache.get('item:1')).toBeUndefined();
    },
  );

  it('a value is not read across a generation, even when the message of its invalidation was lost', async () => {
    await one.cache.set('item:1', 'old', HOUR);
    await plain.set('swarmward:cache:@generation:item:*', 'changed-by-somebody');
    expect(await two.cache.get('item:1')).toBeUndefined();
  });

  it('keeps its keys under one prefix, with their lifetime, and sweeps invalidated ones up', async () => {
    await one.cache.set('docker_swarm_status', { n: 1 }, 300_000);
    expect(await plain.pttl('swarmward:cache:docker_swarm_status')).toBeGreaterThan(290_000);
    await one.cache.set('item:1', 1, HOUR);
    await one.cache.invalidate('item:*');
    await eventually(async () => expect(await plain.exists('swarmward:cache:item:1')).toBe(0));
    expect(await plain.exists('swarmward:cache:docker_swarm_status')).toBe(1);
  });

  it('says that a key has no lifetime when somebody took it away', async () => {
    await one.cache.set('key', 1, HOUR);
    await plain.persist('swarmward:cache:key');
    expect(await one.cache.remainingTtlMs('key')).toBeNull();
    expect(await one.cache.get('key')).toBe(1);
  });

  it('clear() takes our keys only', async () => {
    await plain.set('bull:swarm:1', 'a job');
    await plain.set('swarmward:swarm:meta', 'a queue');
    await one.cache.set('a', 1, HOUR);
    await one.cache.set('b:1', 1, HOUR);
    expect(await one.cache.clear()).toBe(true);
    expect(await plain.mget('bull:swarm:1', 'swarmward:swarm:meta')).toEqual(['a job', 'a queue']);
    const left = await plain.keys('swarmward:cache:*');
    expect(left).toEqual(['swarmward:cache:@generation:*']);
  });

  it('takes what others wrote under its keys as not there', async () => {
    await plain.set('swarmward:cache:foreign', 'no JSON');
    await plain.lpush('swarmward:cache:list', 'x');
    expect(await one.cache.get('foreign')).toBeUndefined();
    expect(await one.cache.getOrLoad('list', { ttlMs: HOUR }, async () => 'loaded')).toBe('loaded');
    expect(one.cache.status()).toBe('connected');
  });

  it('keeps a value that is no JSON in memory only', async () => {
    expect(await one.cache.set('big-int', { n: 1n }, HOUR)).toBe('memory_only');
    expect(one.cache.status()).toBe('connected');
  });
});

describeWith('cache while Redis is away', redisMissing(), () => {
  let server: RedisServer;
  let app: CacheApp;
  let lines: string[];

  beforeEach(async () => {
    lines = [];
    jest.spyOn(Logger.prototype, 'warn').mockImplementation((line: unknown) => void lines.push(`warn ${String(line)}`));
    jest.spyOn(Logger.prototype, 'log').mockImplementation((line: unknown) => void lines.push(`log ${String(line)}`));
    server = await RedisServer.create();
    app = await startCache(server.url);
  });
  afterEach(async () => {
    await app.close();
    await server.stop();
    jest.restoreAllMocks();
  });

  const transitions = () =>
    lines.filter((line) => line.includes('Redis at')).map((line) => line.replace(/127\S+/, 'it'));
  const back = () => eventually(() => expect(app.cache.status()).toBe('connected'), { timeoutMs: 8_000 });

  async function timed<T>(work: Promise<T>): Promise<{ value: T; ms: number }> {
    const start = performance.now();
    return { value: await work, ms: performance.now() - start };
  }

  it.each([
    ['killed', () => server.kill(), () => server.start()],
    ['frozen', async () => server.freeze(), async () => server.thaw()],
  ])('%s: memory and the source go on, nobody waits, and it recovers by itself', async (_, lose, restore) => {
    const { cache } = app;
    await cache.set('published', { n: 1 }, HOUR);
    await lose();

    expect((await timed(cache.get('unknown'))).ms).toBeLessThan(500);
    await eventually(() => expect(cache.status()).toBe('unavailable'), { timeoutMs: 2_000, everyMs: 10 });
    const many = await timed(
      Promise.all(
        Array.from({ length: 200 }, (__, index) => cache.getOrLoad(`key:${index}`, { ttlMs: HOUR }, async () => index)),
      ),
    );
    expect(many.value).toHaveLength(200);
    expect(many.ms).toBeLessThan(250);
    expect(await cache.get('published')).toEqual({ n: 1 });
    expect(await cache.set('published', { n: 2 }, HOUR)).toBe('memory_only');
    expect(await cache.get('published')).toEqual({ n: 2 });
    expect(await cache.remainingTtlMs('published')).toBeGreaterThan(HOUR - 60_000);
    expect(await cache.ping(400)).toBe('unavailable');
    expect(cache.statistics().redis).toBe('unavailable');

    await restore();
    await back();
    expect(await cache.set('published', { n: 3 }, HOUR)).toBe('stored');
    expect(transitions()).toEqual([
      'log Redis at it is connected',
      expect.stringMatching(/^warn Redis at it is not available \(.+\): the cache goes on in memory/),
      expect.stringMatching(/^log Redis at it is connected again after \d+ s$/),
    ]);
  });

  it('an invalidation during an outage is made up for before Redis is read again', async () => {
    const { cache } = app;
    await cache.set('item:1', 'old', HOUR);
    await server.kill();
    expect(await cache.invalidate('item:*')).toBe(false);
    expect(await cache.get('item:1')).toBeUndefined();
    await server.start();
    await back();
    // Redis kept its data: the old value would still be there.
    expect(await cache.get('item:1')).toBeUndefined();
  });

  it('an invalidation that Redis was too slow for is made up for, without an outage', async () => {
    const { cache } = app;
    const plain = new Redis(server.url);
    await cache.set('item:1', 'old', HOUR);
    await plain.client('PAUSE', 400, 'ALL');
    expect(await cache.invalidate('item:*')).toBe(false);
    await eventually(async () => expect(await plain.exists('swarmward:cache:@generation:item:*')).toBe(1));
    await eventually(async () => expect(await cache.set('item:2', 'new', HOUR)).toBe('stored'));
    expect(await cache.get('item:1')).toBeUndefined();
    plain.disconnect();
  });

  it('notices an outage and the return without being asked anything', async () => {
    server.freeze();
    await eventually(() => expect(app.cache.status()).toBe('unavailable'), { timeoutMs: 8_000 });
    server.thaw();
    await back();
  });

  it('invalidations reach the others again after a restart', async () => {
    const other = await startCache(server.url);
    await server.kill();
    await server.start();
    await back();
    await eventually(async () => {
      await app.cache.set('item:1', 'old', HOUR);
      expect(await other.cache.get('item:1')).toBe('old');
      await app.cache.invalidate('item:1');
      await eventually(() => expect(other.cache.peek('item:1')).toBeUndefined(), { timeoutMs: 500, everyMs: 10 });
    });
    await other.close();
  });

  it.each([
    ['is down', async () => server.kill()],
    ['never answers', async () => server.freeze()],
  ])('starts when Redis %s, and uses it when it is there', async (what, lose) => {
    await lose();
    const { value: late, ms } = await timed(startCache(server.url));
    expect(ms).toBeLessThan(1_500);
    expect(late.cache.status()).toBe('unavailable');
    expect(await late.cache.getOrLoad('key', { ttlMs: HOUR }, async () => 'from the source')).toBe('from the source');
    if (what === 'is down') await server.start();
    else server.thaw();
    await eventually(() => expect(late.cache.status()).toBe('connected'), { timeoutMs: 8_000 });
    expect(await late.cache.set('key', 1, HOUR)).toBe('stored');
    await late.close();
  });
});
