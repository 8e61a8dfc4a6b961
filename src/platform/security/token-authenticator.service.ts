import { hash } from 'node:crypto';
import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import type { Caller } from '../http/access-control.port.js';
import { ProblemException } from '../http/problem.js';
import { within } from '../observability/time-limit.js';
import type { ApiToken } from './api-token.entity.js';
import { RateWindow } from './rate-window.js';
import { TokenStore } from './token.store.js';
import { hashToken, sameHash } from './token.js';

/** A token that was found in the table. Its expiry is a date; the other times are of the monotonic clock, in ms. */
export interface KnownToken {
  caller: Caller;
  /** Milliseconds since the epoch. */
  expiresAt: number;
  confirmedAt: number;
  usedAt: number;
  rate: RateWindow;
}

/** A revoked token is dead everywhere after this long. */
export const TRUSTED_MS = 30_000;
/** Trusted tokens are looked up again in the background from this age on, so that no request waits for it. */
const REFRESH_MS = 20_000;
/** A token known before is accepted for this long while the database is away. */
export const TRUSTED_WITHOUT_DATABASE_MS = 5 * 60_000;
const REFUSED_MS = 10_000;
const RETRY_MS = 1_000;
const LOOKUP_TIMEOUT_MS = 2_000;
/** What a request waits for the lookup of a token that was valid a while ago. */
const PATIENCE_MS = 250;
const TOUCH_EVERY_MS = 10_000;

/**
 * Knows tokens by their hash. A token in memory is judged without waiting; everything here is bounded, so that a flood
 * of wrong tokens costs neither memory nor, together with the limit on failed logins, queries. How long ago something was
 * is told by the monotonic clock: when the system's is set back, no revoked token lives longer.
 */
@Injectable()
export class TokenAuthenticator implements OnModuleDestroy {
  private readonly log = new Logger('TokenAuthenticator');
  private readonly known = new LRUCache<string, KnownToken>({ max: 10_000 });
  private readonly refused = new LRUCache<string, number>({ max: 10_000 });
  /** Ids of tokens revoked here: a lookup that was under way meanwhile must not bring one back. */
  private readonly revoked = new LRUCache<string, true>({ max: 1_000 });
  private readonly lookups = new Map<string, Promise<KnownToken | undefined>>();
  private databaseAway = false;
  private retryAt = 0;
  private touchedAt = performance.now();
  private readonly touching = setInterval(() => void this.writeUses(), TOUCH_EVERY_MS).unref();

  constructor(private readonly store: TokenStore) {}

  /**
   * What memory says at once: the token, `'refused'`, or undefined when only the database can tell.
   * @param now of the monotonic clock, in ms
   */
  recall(token: string, now = performance.now()): KnownToken | 'refused' | undefined {
    const key = keyOf(token);
    const known = this.known.get(key);
    if (known === undefined) return (this.refused.get(key) ?? 0) > now ? 'refused' : undefined;
    if (isExpired(known)) return 'refused';
    const age = now - known.confirmedAt;
    if (age < REFRESH_MS) return used(known, now);
    if (age < TRUSTED_MS || (this.databaseAway && age < TRUSTED_WITHOUT_DATABASE_MS)) {
      // A lookup that fails says so itself.
      if (!this.databaseAway || now >= this.retryAt) this.lookup(token, key).catch(() => undefined);
      return used(known, now);
    }
    return undefined;
  }

  /** Whether the token was valid when it was looked up last, however long ago: nobody guesses it. */
  hasSeen(token: string): boolean {
    return this.known.has(keyOf(token));
  }

  /**
   * Asks the database; requests with the same token share one query. A token confirmed in the last 5 minutes passes when
   * the answer is late; the lookup goes on behind it, so that a revoked one does not pass again.
   * @returns undefined for a token that is unknown, revoked or expired
   * @throws ProblemException `database_unavailable` when it cannot be told
   */
  async verify(token: string): Promise<KnownToken | undefined> {
    const key = keyOf(token);
    try {
      if (this.databaseAway && performance.now() < this.retryAt)
        throw new Error('The database did not answer a moment ago');
      const lookup = this.lookup(token, key);
      const known = await (this.confirmedLately(key) ? within(PATIENCE_MS, lookup) : lookup);
      return known && !isExpired(known) ? used(known, performance.now()) : undefined;
    } catch (error) {
      const known = this.confirmedLately(key);
      if (known) return used(known, performance.now());
      throw new ProblemException('database_unavailable', { headers: { 'retry-after': '2' }, cause: error });
    }
  }

  /** Forgets a token at once: it was revoked. */
  forget(tokenId: string): void {
    this.revoked.set(tokenId, true);
    for (const [key, { caller }] of this.known.entries()) if (caller.tokenId === tokenId) this.known.delete(key);
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.touching);
    await this.writeUses();
  }

  /** Writes `last_used_at` of what was used since the last time. Failing loses nothing: the next round writes it. */
  async writeUses(): Promise<void> {
    const since = this.touchedAt;
    const uses = new Map<string, Date>();
    const [now, date] = [performance.now(), Date.now()];
    for (const { caller, usedAt } of this.known.values()) {
      if (usedAt >= since) uses.set(caller.tokenId, new Date(date - (now - usedAt)));
    }
    if (uses.size === 0) return;
    this.touchedAt = now;
    try {
      await within(LOOKUP_TIMEOUT_MS, this.store.touch(uses));
    } catch (error) {
      this.touchedAt = since;
      this.log.debug({ message: 'Could not write when tokens were last used; trying again', err: error });
    }
  }

  private lookup(token: string, key: string): Promise<KnownToken | undefined> {
    let lookup = this.lookups.get(key);
    if (!lookup) {
      lookup = this.find(token, key)
        .catch((error: unknown) => {
          this.sayAway();
          throw error;
        })
        .finally(() => this.lookups.delete(key));
      this.lookups.set(key, lookup);
    }
    return lookup;
  }

  private async find(token: string, key: string): Promise<KnownToken | undefined> {
    const wanted = hashToken(token);
    // The truth is as old as the question, not as the answer.
    const askedAt = performance.now();
    this.retryAt = askedAt + RETRY_MS;
    const row = await within(LOOKUP_TIMEOUT_MS, this.store.findValid(wanted));
    if (this.databaseAway) this.log.log('The database answers again: tokens are checked as usual');
    this.databaseAway = false;
    if (!row || !sameHash(row.tokenHash, wanted) || this.revoked.has(row.id)) {
      this.known.delete(key);
      this.refused.set(key, askedAt + REFUSED_MS);
      return undefined;
    }
    const known = knownToken(row, askedAt, this.known.get(key));
    this.known.set(key, known);
    return known;
  }

  /** The token, if it may pass while the database does not answer. */
  private confirmedLately(key: string): KnownToken | undefined {
    const known = this.known.get(key);
    if (!known || isExpired(known)) return undefined;
    return performance.now() - known.confirmedAt < TRUSTED_WITHOUT_DATABASE_MS ? known : undefined;
  }

  private sayAway(): void {
    if (!this.databaseAway) {
      this.log.warn(
        'The database does not answer: tokens seen in the last 5 minutes are still accepted, others get 503',
      );
    }
    this.databaseAway = true;
  }
}

function keyOf(token: string): string {
  return hash('sha256', token, 'base64');
}

function isExpired({ expiresAt }: KnownToken): boolean {
  return expiresAt <= Date.now();
}

function used(known: KnownToken, now: number): KnownToken {
  known.usedAt = now;
  return known;
}

function knownToken(row: ApiToken, confirmedAt: number, before: KnownToken | undefined): KnownToken {
  return {
    caller: { tokenId: row.id, name: row.name, role: row.role },
    expiresAt: row.expiresAt?.getTime() ?? Infinity,
    confirmedAt,
    usedAt: before?.usedAt ?? -Infinity,
    rate: before?.rate ?? new RateWindow(),
  };
}
