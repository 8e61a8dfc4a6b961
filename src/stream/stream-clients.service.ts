import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { ProblemException } from '../platform/http/problem.js';
import { Readiness } from '../platform/http/readiness.js';
import { TokenAuthenticator } from '../platform/security/token-authenticator.service.js';
import type { KeptEvent } from './event-ring.js';
import type { StreamConnection, StreamOwner } from './stream-connection.client.js';
import { wants } from './stream-filter.js';
import { StreamLimits } from './stream-limits.js';

/** The open streams of this process: how many there may be, whose tokens still hold, and their end. */
@Injectable()
export class StreamClients implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly log = new Logger('Stream');
  private readonly connections = new Set<StreamConnection>();
  private lastLeftAt = -Infinity;
  private checking: NodeJS.Timeout | undefined;

  constructor(
    private readonly tokens: TokenAuthenticator,
    private readonly readiness: Readiness,
    private readonly limits: StreamLimits,
  ) {}

  onApplicationBootstrap(): void {
    this.checking = setInterval(() => this.checkTokens(), this.limits.tokenCheckMs).unref();
    // The server waits for open answers before it closes: these have no end of their own.
    this.readiness.draining.addEventListener('abort', () => this.endAll(), { once: true });
  }

  onModuleDestroy(): void {
    clearInterval(this.checking);
    for (const connection of this.connections) connection.cut();
  }

  get count(): number {
    return this.connections.size;
  }

  /** Whether somebody listens, or listened so lately that he may come back for what he missed. */
  get attended(): boolean {
    return this.count > 0 || performance.now() - this.lastLeftAt < this.limits.lingerMs;
  }

  /** @throws ProblemException when there are too many, or the process is stopping */
  assertRoomFor({ caller }: StreamOwner): void {
    if (this.readiness.draining.aborted) throw refusal('shutting_down', 5);
    if (this.count >= this.limits.clients) throw refusal('streams_full', 30);
    const own = [...this.connections].filter(({ owner }) => owner.caller.tokenId === caller.tokenId);
    if (own.length >= this.limits.clientsPerToken) throw refusal('too_many_streams', 30);
  }

  add(connection: StreamConnection): void {
    this.connections.add(connection);
    connection.onceClosed(() => {
      this.connections.delete(connection);
      this.lastLeftAt = performance.now();
    });
  }

  /** Sends an event to all who want it. */
  tell(event: KeptEvent): void {
    for (const connection of this.connections) {
      if (wants(connection.filter, event)) this.send(connection, event.frame);
    }
  }

  tellAll(frames: string): void {
    for (const connection of this.connections) this.send(connection, frames);
  }

  private send(connection: StreamConnection, frames: string): void {
    if (connection.send(frames)) return;
    this.log.warn(`A stream of ${connection.owner.caller.name} was cut: its client does not read`);
  }

  private checkTokens(): void {
    for (const connection of this.connections) void this.checkToken(connection);
  }

  private async checkToken(connection: StreamConnection): Promise<void> {
    const { token } = connection.owner;
    try {
      if ((this.tokens.recall(token) ?? (await this.tokens.verify(token)) ?? 'refused') === 'refused') connection.cut();
    } catch (error) {
      // It cannot be told while the database is away; then there is nothing to tell the client either.
      this.log.debug(`A token could not be looked up: ${String(error)}`);
    }
  }

  /** Those who do not read what is left are cut by the server's own closing. */
  private endAll(): void {
    for (const connection of this.connections) connection.end();
  }
}

function refusal(code: 'shutting_down' | 'streams_full' | 'too_many_streams', seconds: number): ProblemException {
  return new ProblemException(code, { headers: { 'retry-after': String(seconds) } });
}
