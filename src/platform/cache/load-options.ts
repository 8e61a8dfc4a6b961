/** How {@link CacheService.getOrLoad} keeps what it loads; all in ms. */
export interface LoadOptions {
  ttlMs: number;
  /** So long after `ttlMs` the old value is still answered, while one load in the background brings the new one. Default 0. */
  staleMs?: number;
  /** Lifetimes are shortened at random by up to this fraction. Default 0.1; 0 turns it off. */
  jitter?: number;
  /** Keeps `null` for so long. Without it neither `null` nor `undefined` is ever kept. */
  negativeTtlMs?: number;
  /** How long a load may take; then its signal is aborted and the callers get a `TimeLimitError`. Default 10 s. */
  timeLimitMs?: number;
}

/** Loads a value from its source (the primary database, never a replica, when it is invalidated after writes). */
export type Loader<T> = (signal: AbortSignal) => Promise<T>;
