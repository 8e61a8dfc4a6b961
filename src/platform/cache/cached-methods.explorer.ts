import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import { CacheService } from './cache.service.js';
import { CACHED, type CachedOptions } from './cached.decorator.js';
import { type CachePatterns, INVALIDATES_CACHE } from './invalidates-cache.decorator.js';

type Method = (...args: unknown[]) => Promise<unknown>;
type Wrapper = ReturnType<DiscoveryService['getProviders']>[number];

/**
 * Gives the methods decorated with `@Cached` and `@InvalidatesCache` their cache when the application starts, so that a feature
 * needs nothing but the decorator.
 */
@Injectable()
export class CachedMethodsExplorer implements OnModuleInit {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly reflector: Reflector,
    private readonly cache: CacheService,
  ) {}

  /** @throws Error naming class and method when a decorated one cannot be cached */
  onModuleInit(): void {
    for (const wrapper of this.discovery.getControllers())
      this.eachMethod(wrapper, refuse(wrapper.name, 'a controller'));
    for (const wrapper of this.discovery.getProviders()) {
      const single = wrapper.isDependencyTreeStatic() && !wrapper.isTransient;
      this.eachMethod(wrapper, single ? this.wrap : refuse(wrapper.name, 'not a singleton'));
    }
  }

  private eachMethod(
    wrapper: Wrapper,
    action: (instance: Record<string, Method>, name: string, decorated: Decorated) => void,
  ): void {
    const prototype: unknown = wrapper.metatype?.prototype ?? Object.getPrototypeOf(Object(wrapper.instance));
    if (typeof prototype !== 'object' || prototype === null) return;
    for (const name of this.scanner.getAllMethodNames(prototype)) {
      const method = (prototype as Record<string, Method>)[name];
      if (typeof method !== 'function') continue;
      const cached = this.reflector.get<CachedOptions<unknown[]> | undefined>(CACHED, method);
      const patterns = this.reflector.get<CachePatterns<unknown[]> | undefined>(INVALIDATES_CACHE, method);
      if (cached || patterns) action(wrapper.instance as Record<string, Method>, name, { cached, patterns, method });
    }
  }

  private readonly wrap = (
    instance: Record<string, Method>,
    name: string,
    { cached, patterns, method }: Decorated,
  ): void => {
    // A provider that is known under two tokens is wrapped once.
    if (Object.hasOwn(instance, name)) return;
    let wrapped: Method = method.bind(instance);
    if (patterns) wrapped = this.invalidating(wrapped, patterns);
    if (cached) wrapped = this.caching(wrapped, cached);
    for (const key of Reflect.getMetadataKeys(method) as unknown[]) {
      Reflect.defineMetadata(key, Reflect.getMetadata(key, method), wrapped);
    }
    instance[name] = wrapped;
  };

  private caching(method: Method, { key, ttlSeconds, staleSeconds = 0 }: CachedOptions<unknown[]>): Method {
    const options = { ttlMs: ttlSeconds * 1_000, staleMs: staleSeconds * 1_000 };
    return async (...args) =>
      this.cache.getOrLoad(typeof key === 'string' ? key : key(...args), options, () => method(...args));
  }

  private invalidating(method: Method, patterns: CachePatterns<unknown[]>): Method {
    return async (...args) => {
      const result = await method(...args);
      const affected = typeof patterns === 'function' ? patterns(...args) : patterns;
      await Promise.all(affected.map((pattern) => this.cache.invalidate(pattern)));
      return result;
    };
  }
}

interface Decorated {
  cached: CachedOptions<unknown[]> | undefined;
  patterns: CachePatterns<unknown[]> | undefined;
  method: Method;
}

function refuse(owner: string, what: string) {
  return (_instance: unknown, name: string, { cached }: Decorated): void => {
    const decorator = cached ? '@Cached' : '@InvalidatesCache';
    throw new Error(
      `${decorator} on ${owner}.${name}() cannot work: its class is ${what}. Move the method to a provider of default scope.`,
    );
  };
}
