import { Injectable } from '@nestjs/common';
import type { FastifyRequest, onRequestHookHandler } from 'fastify';
import { Settings } from '../config/settings.schema.js';
import { AccessControl, type Role, ROLES } from '../http/access-control.port.js';
import { ProblemException } from '../http/problem.js';
import { toProblem } from '../http/to-problem.js';
import { clientKey, type RateWindow, RateWindows } from './rate-window.js';
import { type KnownToken, TokenAuthenticator } from './token-authenticator.service.js';
import { bearerToken } from './token.js';

/** Points a minute and address: ten different wrong tokens, or sixty tries of the same. */
const FAILURE_POINTS = 60;
const WRONG_TOKEN_POINTS = 6;
const REPEATED_TOKEN_POINTS = 1;

/**
 * Access by API token, with its limits. A token in memory takes the short way, without a promise; the limits are counters
 * beside it (docs/decisions/0008-rate-limits.md).
 */
@Injectable()
export class TokenAccess extends AccessControl {
  private readonly addresses = new RateWindows();
  private readonly failures = new RateWindows();
  private readonly limit: number;

  constructor(
    private readonly tokens: TokenAuthenticator,
    settings: Settings,
  ) {
    super();
    this.limit = settings.rateLimitPerMinute;
  }

  override hookFor(role: Role): onRequestHookHandler {
    const needed = ROLES.indexOf(role);
    return (request, _reply, done) => {
      const now = performance.now();
      const client = clientKey(request.ip);
      const overAddress = this.addresses.of(client, now).hit(now, this.limit);
      if (overAddress > 0) return done(limited(overAddress));

      const header = request.headers.authorization;
      if (header === undefined) return done(unauthorized('token_missing'));
      const token = bearerToken(header);
      if (token === undefined) return done(unauthorized('token_malformed'));

      const known = this.tokens.recall(token, now);
      if (typeof known === 'object') return done(admit(request, known, needed, this.limit, now));
      const locked = this.failures.peek(client)?.blocked(now, FAILURE_POINTS) ?? 0;
      if (locked > 0 && !this.tokens.hasSeen(token)) return done(lockedOut(locked));
      if (known === 'refused') return done(this.refuse(client, REPEATED_TOKEN_POINTS, now));

      void this.judge(token, client, request, needed, now, done);
    };
  }

  /** The long way, for a token that is not in memory. */
  private async judge(
    token: string,
    client: string,
    request: FastifyRequest,
    needed: number,
    now: number,
    done: (refusal?: Error) => void,
  ): Promise<void> {
    let refusal: ProblemException | undefined;
    try {
      const known = await this.tokens.verify(token);
      refusal = known ? admit(request, known, needed, this.limit, now) : this.refuse(client, WRONG_TOKEN_POINTS, now);
    } catch (error) {
      refusal = toProblem(error);
    }
    done(refusal);
  }

  private refuse(client: string, points: number, now: number): ProblemException {
    this.failures.of(client, now).hit(now, FAILURE_POINTS, points);
    return unauthorized('token_invalid');
  }
}

function admit(
  request: FastifyRequest,
  { caller, rate }: { caller: KnownToken['caller']; rate: RateWindow },
  needed: number,
  limit: number,
  now: number,
): ProblemException | undefined {
  const over = rate.hit(now, limit);
  if (over > 0) return limited(over);
  request.caller = caller;
  return ROLES.indexOf(caller.role) >= needed ? undefined : denied(ROLES[needed]!);
}

function denied(role: Role): ProblemException {
  const name = role[0]!.toUpperCase() + role.slice(1);
  return new ProblemException('access_denied', { detail: `Access denied. ${name} privileges required.` });
}

function unauthorized(code: 'token_missing' | 'token_malformed' | 'token_invalid'): ProblemException {
  const error = {
    token_missing: '',
    token_malformed: ', error="invalid_request"',
    token_invalid: ', error="invalid_token"',
  };
  return new ProblemException(code, { headers: { 'www-authenticate': `Bearer realm="swarmward"${error[code]}` } });
}

function limited(seconds: number): ProblemException {
  return new ProblemException('rate_limited', { headers: { 'retry-after': String(seconds) } });
}

function lockedOut(seconds: number): ProblemException {
  return new ProblemException('too_many_failed_logins', { headers: { 'retry-after': String(seconds) } });
}
