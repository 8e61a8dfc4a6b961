import { type DynamicModule, Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { Cache, CacheModule as NestCacheModule } from '@nestjs/cache-manager';
import { type CacheManagerStore, KeyvAdapter } from 'cache-manager';
import { redisInsStore } from 'cache-manager-ioredis-yet';
import { Keyv } from 'keyv';
import type { Settings } from '../config/settings.schema.js';
import { CacheService } from './cache.service.js';
import { CachedMethodsExplorer } from './cached-methods.explorer.js';
import { MemoryStore } from './memory.store.js';
import { RedisClient } from './redis.client.js';
import { RedisStore, sweep } from './redis.store.js';

/** The settings that the cache follows. */
export type CacheSettings = Pick<Settings, 'redisUrl' | 'cacheMaxMegabytes'>;

/**
 * Makes {@link CacheService} injectable everywhere: bounded memory, and with `REDIS_URL` a Redis behind it that several processes share.
 *
 * @example
 * ```ts
 * @Module({ imports: [CacheModule.forRoot(settings)] })
 * ```
 */
@Module({})
export class CacheModule {
  static forRoot({ redisUrl, cacheMaxMegabytes }: CacheSettings): DynamicModule {
    const memory = new MemoryStore(cacheMaxMegabytes * 1024 * 1024);
    return {
      module: CacheModule,
      global: true,
      imports: [DiscoveryModule, ...(redisUrl ? [RedisCacheModule.forRoot(redisUrl)] : [])],
      providers: [{ provide: MemoryStore, useValue: memory }, CacheService, CachedMethodsExplorer],
      exports: [CacheService],
    };
  }
}

/** The shared half: one Redis client, cache-manager on it, and {@link RedisStore} as the only way to both. */
@Module({})
class RedisCacheModule {
  static forRoot(url: string): DynamicModule {
    const clientModule: DynamicModule = {
      module: RedisClientModule,
      providers: [{ provide: RedisClient, useFactory: () => new RedisClient(url) }],
      exports: [RedisClient],
    };
    return {
      module: RedisCacheModule,
      imports: [
        clientModule,
        NestCacheModule.registerAsync({
          imports: [clientModule],
          inject: [RedisClient],
          useFactory: (client: RedisClient) => ({ stores: [keyvOn(client)] }),
        }),
      ],
      providers: [
        {
          provide: RedisStore,
          inject: [RedisClient, Cache],
          useFactory: (client: RedisClient, cache: Cache) => new RedisStore(client, cache),
        },
      ],
      exports: [RedisStore],
    };
  }
}

@Module({})
class RedisClientModule {}

/**
 * cache-manager's ioredis store with its two dangers taken out: `reset` (FLUSHDB) and `keys` (KEYS). Values go to it as JSON text, since it
 * would otherwise revive functions and dates out of strings that only look like them.
 */
function keyvOn(client: RedisClient): Keyv {
  const store = redisInsStore(client.connection, {}) as unknown as CacheManagerStore;
  return new Keyv({
    store: new KeyvAdapter({ ...store, reset: () => sweep(client.connection, '*'), keys: async () => [] }),
    useKeyPrefix: false,
    throwOnErrors: true,
    serialize: JSON.stringify,
    deserialize: JSON.parse,
  });
}
