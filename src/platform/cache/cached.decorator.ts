import { SetMetadata } from '@nestjs/common';

export const CACHED = Symbol('Cached');

/** How a method's results are kept; see {@link Cached}. */
export interface CachedOptions<Arguments extends unknown[]> {
  /** Under which key. A method that takes arguments needs a function of them: the key must tell their results apart. */
  key: string | ((...args: Arguments) => string);
  ttlSeconds: number;
  /** So long after `ttlSeconds` the old result is still answered, while the method runs once in the background. */
  staleSeconds?: number;
}

/**
 * Keeps the results of a provider's method. Callers that come while it runs wait for that one run; errors, `null` and `undefined` are not
 * kept. Results are read-only plain data. Works on singleton providers, also for calls through `this`; anything else refuses to boot.
 *
 * @example
 * ```ts
 * @Cached({ key: (id: string) => `device:${id}`, ttlSeconds: 300 })
 * async findDevice(id: string): Promise<Device> { … }
 * ```
 */
export const Cached =
  <Arguments extends unknown[] = []>(options: CachedOptions<Arguments>) =>
  <T extends (...args: Arguments) => Promise<unknown>>(
    target: object,
    name: string | symbol,
    descriptor: TypedPropertyDescriptor<T>,
  ): void => {
    SetMetadata(CACHED, options)(target, name, descriptor);
  };
