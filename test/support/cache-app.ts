import type { Type } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { CacheModule } from '../../src/platform/cache/cache.module.js';
import { CacheService } from '../../src/platform/cache/cache.service.js';
import { RedisClient } from '../../src/platform/cache/redis.client.js';
import { eventually } from './eventually.js';

/** A Nest application with nothing but the cache in it, and the providers of a test. */
export interface CacheApp {
  cache: CacheService;
  module: TestingModule;
  close(): Promise<void>;
}

/** As the product starts it: Redis may be away, or slow. */
export async function startCacheAsItIs(redisUrl?: string, providers: Type[] = []): Promise<CacheApp> {
  const module = await Test.createTestingModule({
    imports: [CacheModule.forRoot({ redisUrl, cacheMaxMegabytes: 8 })],
    providers,
  }).compile();
  await module.init();
  return { module, cache: module.get(CacheService), close: () => module.close() };
}

/** Redis, if there is one, is connected, and may take its time on a busy machine. */
export async function startCache(redisUrl?: string, providers: Type[] = []): Promise<CacheApp> {
  const app = await startCacheAsItIs(redisUrl, providers);
  if (redisUrl) {
    app.module.get(RedisClient, { strict: false }).connection.options.commandTimeout = 10_000;
    await eventually(() => expect(app.cache.status()).toBe('connected'), { everyMs: 10 });
  }
  return app;
}

/** A promise and its two ends, for loaders that a test holds back. */
export function gate<T>(): { promise: Promise<T>; open(value: T): void } {
  let open!: (value: T) => void;
  const promise = new Promise<T>((resolve) => {
    open = resolve;
  });
  return { promise, open };
}
