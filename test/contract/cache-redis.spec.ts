import { Logger } from '@nestjs/common';
import { Redis } from 'ioredis';
import { type CacheApp, gate, startCache, startCacheAsItIs } from '../support/cache-app.js';
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
    const channel = 'swarmward:cache:invalidations';
    await eventually(async () => expect(await plain.pubsub('NUMSUB', channel)).toEqual([channel, 2]));
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
    await eventually(() => expect(two.cache.peek('item:1')).toBeUndefined(), { timeoutMs: 4_000, everyMs: 5 });
    expect(await two.cache.get('item:1')).toBeUndefined();
  });

  it('a new value replaces the copies of the old one everywhere', async () => {
    await one.cache.set('status', 'old', HOUR);
    expect(await two.cache.get('status')).toBe('old');
    await one.cache.set('status', 'new', HOUR);
    await eventually(async () => expect(await two.cache.get('status')).toBe('new'), { timeoutMs: 4_000, everyMs: 5 });
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
    app = await startCacheAsItIs(server.url);
    await back();
  });
  afterEach(async () => {
    await app.close();
    await server.stop();
    jest.restoreAllMocks();
  });

  const transitions = () =>
    lines.filter((line) => line.includes('Redis at')).map((line) => line.replace(/127\S+/, 'it'));
  const back = () => eventually(() => expect(app.cache.status()).toBe('connected'));

  async function timed<T>(work: Promise<T>): Promise<{ value: T; ms: number }> {
    const start = performance.now();
    return { value: await work, ms: performance.now() - start };
  }
  /** Of several times: what others take of the processor is not what is measured. */
  async function fastest(work: (time: number) => Promise<unknown>): Promise<number> {
    const times: number[] = [];
    for (let time = 0; time < 5; time++) times.push((await timed(work(time))).ms);
    return Math.min(...times);
  }

  it.each([
    ['killed', () => server.kill(), () => server.start()],
    ['frozen', async () => server.freeze(), async () => server.thaw()],
  ])('%s: memory and the source go on, nobody waits, and it recovers by itself', async (_, lose, restore) => {
    const { cache } = app;
    await cache.set('published', { n: 1 }, HOUR);
    expect(transitions().at(-1)).toMatch(/^log Redis at it is connected/);
    lines = [];
    await lose();

    // The one that notices: 300 ms on an idle machine.
    expect((await timed(cache.get('unknown'))).ms).toBeLessThan(2_500);
    await eventually(() => expect(cache.status()).toBe('unavailable'), { everyMs: 10 });
    const many = await fastest((time) =>
      Promise.all(
        Array.from({ length: 200 }, (__, index) =>
          cache.getOrLoad(`key:${time}:${index}`, { ttlMs: HOUR }, async () => index),
        ),
      ),
    );
    expect(many).toBeLessThan(250);
    expect(await cache.get('published')).toEqual({ n: 1 });
    expect(await cache.set('published', { n: 2 }, HOUR)).toBe('memory_only');
    expect(await cache.get('published')).toEqual({ n: 2 });
    expect(await cache.remainingTtlMs('published')).toBeGreaterThan(HOUR - 60_000);
    expect(await cache.ping(400)).toBe('unavailable');
    expect(cache.statistics().redis).toBe('unavailable');

    await restore();
    await back();
    await eventually(async () => expect(await cache.set('published', { n: 3 }, HOUR)).toBe('stored'));
    // One line at each, and at nothing else.
    const changes = [
      /^warn Redis at it is not available \(.+\): the cache goes on in memory/,
      /^log Redis at it is connected again after \d+ s$/,
    ];
    const told = transitions();
    expect(told).toEqual(told.map((_line, place) => expect.stringMatching(changes[place % 2]!)));
    expect(told.length).toBeGreaterThanOrEqual(2);
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
    server.freeze();
    expect(await cache.invalidate('item:*')).toBe(false);
    server.thaw();
    await eventually(async () => expect(await plain.exists('swarmward:cache:@generation:item:*')).toBe(1));
    await eventually(async () => expect(await cache.set('item:2', 'new', HOUR)).toBe('stored'));
    expect(await cache.get('item:1')).toBeUndefined();
    plain.disconnect();
  });

  it('notices an outage and the return without being asked anything', async () => {
    server.freeze();
    await eventually(() => expect(app.cache.status()).toBe('unavailable'));
    server.thaw();
    await back();
  });

  it('invalidations reach the others again after a restart', async () => {
    const other = await startCacheAsItIs(server.url);
    await server.kill();
    await server.start();
    await back();
    await eventually(async () => {
      await app.cache.set('item:1', 'old', HOUR);
      expect(await other.cache.get('item:1')).toBe('old');
      await app.cache.invalidate('item:1');
      await eventually(() => expect(other.cache.peek('item:1')).toBeUndefined(), { timeoutMs: 1_000, everyMs: 10 });
    });
    await other.close();
  });

  it.each([
    ['is down', async () => server.kill()],
    ['never answers', async () => server.freeze()],
  ])('starts when Redis %s, and uses it when it is there', async (what, lose) => {
    await lose();
    const { value: late, ms } = await timed(startCacheAsItIs(server.url));
    // Half a second on an idle machine.
    expect(ms).toBeLessThan(5_000);
    expect(late.cache.status()).toBe('unavailable');
    expect(await late.cache.getOrLoad('key', { ttlMs: HOUR }, async () => 'from the source')).toBe('from the source');
    if (what === 'is down') await server.start();
    else server.thaw();
    await eventually(() => expect(late.cache.status()).toBe('connected'));
    await eventually(async () => expect(await late.cache.set('key', 1, HOUR)).toBe('stored'));
    await late.close();
  });
});
