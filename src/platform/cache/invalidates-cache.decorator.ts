import { SetMetadata } from '@nestjs/common';

export const INVALIDATES_CACHE = Symbol('InvalidatesCache');

/** Patterns as in `CacheService.invalidate`, or a function of the method's arguments that gives them. */
export type CachePatterns<Arguments extends unknown[]> =
  readonly string[] | ((...args: Arguments) => readonly string[]);

/**
 * Makes every process forget cached values once a provider's method has succeeded; a method that throws changes nothing. Put it on the
 * method that commits, not on one that runs inside somebody else's transaction: before the commit others would cache the old value again.
 *
 * @example
 * ```ts
 * @InvalidatesCache((id: string) => [`device:${id}`, 'device-list:*'])
 * async renameDevice(id: string, name: string): Promise<void> { … }
 * ```
 */
export const InvalidatesCache =
  <Arguments extends never[]>(patterns: CachePatterns<Arguments>) =>
  <T extends (...args: Arguments) => Promise<unknown>>(
    target: object,
    name: string | symbol,
    descriptor: TypedPropertyDescriptor<T>,
  ): void => {
    SetMetadata(INVALIDATES_CACHE, patterns)(target, name, descriptor);
  };
