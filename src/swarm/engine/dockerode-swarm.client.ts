import { setTimeout as pause } from 'node:timers/promises';
import { Inject, Injectable, Logger, Optional } from '@nestjs/common';
import { Settings } from '../../platform/config/settings.schema.js';
import { AbortScope } from './abort-scope.client.js';
import { DEFAULT_DOCKER_HOST } from './docker-endpoint.js';
import { readBody } from './engine-call.client.js';
import { EngineHost } from './engine-host.client.js';
import { DefaultEngineLimits, EngineLimits } from './engine-limits.js';
import { EventLines } from './event-lines.js';
import { type Collection, type EngineCall, SwarmClient, SwarmCollectionError } from './swarm-client.port.js';
import type { SwarmChangeHint } from './swarm-client.port.js';

/** The event stream that is open, and whether it is about to be closed on purpose. */
interface Following {
  readonly host: EngineHost;
  readonly scope: AbortScope;
  leaving: boolean;
}

type Listener = (hint: SwarmChangeHint) => void;

/** The swarm as the Docker Engine API tells it, over a unix socket, TCP, or TCP with mutual TLS. */
@Injectable()
export class DockerodeSwarmClient extends SwarmClient {
  private readonly log = new Logger('DockerodeSwarmClient');
  /** The one that answered last comes first, those that failed go to the end. */
  private readonly hosts: EngineHost[];
  private following: Following | null = null;

  constructor(
    settings: Settings,
    @Optional() @Inject(EngineLimits) private readonly limits: EngineLimits = new DefaultEngineLimits(),
  ) {
    super();
    const values = settings.dockerHosts?.length ? settings.dockerHosts : [settings.dockerHost ?? DEFAULT_DOCKER_HOST];
    const { dockerTlsVerify, dockerCertPath } = settings;
    this.hosts = values.map((value) => new EngineHost(value, dockerTlsVerify, dockerCertPath, limits));
  }

  async collect(signal: AbortSignal): Promise<Collection> {
    const scope = new AbortScope(signal, this.limits.collectMs);
    const calls: EngineCall[] = [];
    const failures: SwarmCollectionError[] = [];
    let outsider: Collection | null = null;
    try {
      // A copy: the order changes on the way.
      for (const host of this.hosts.slice()) {
        if (scope.signal.aborted) break;
        try {
          const collection = await host.collect(scope.signal, calls);
          if (collection.kind === 'facts') {
            this.prefer(host);
            return collection;
          }
          outsider ??= collection;
        } catch (error) {
          if (!(error instanceof SwarmCollectionError)) throw error;
          failures.push(error);
          this.putLast(host);
        }
      }
    } finally {
      scope.close();
    }
    // While another host is silent, one engine outside any swarm proves nothing about the swarm.
    if (outsider !== null && failures.length === 0) return outsider;
    throw joined(failures, calls);
  }

  async watch(onChange: Listener, signal: AbortSignal): Promise<void> {
    let missed = false;
    for (let failures = 0; !signal.aborted; missed = true) {
      const host = this.hosts[failures % this.hosts.length]!;
      const following = { host, scope: new AbortScope(signal), leaving: false };
      const started = performance.now();
      this.following = following;
      try {
        await this.follow(following, missed, onChange);
      } catch (error) {
        if (signal.aborted) return;
        // One that held for long was a good one: begin with short pauses again.
        const held = performance.now() - started > this.limits.retryMaxMs;
        failures = following.leaving ? 0 : (held ? 0 : failures) + 1;
        if (!following.leaving) this.log.debug(`Event stream of ${host.name} lost: ${(error as Error).message}`);
      } finally {
        this.following = null;
        following.scope.close();
      }
      if (failures > 0) await this.backOff(failures, signal);
    }
  }

  /** Follows one stream until it ends, which is an error even when it was left on purpose. */
  private async follow(following: Following, missed: boolean, onChange: Listener): Promise<never> {
    const { host, scope } = following;
    const stream = await host.openEvents(scope.signal);
    const timer = setTimeout(() => leave(following), this.limits.eventsRenewMs);
    try {
      this.log.debug(`Following the events of ${host.name}`);
      if (missed) onChange({ reason: 'reconnected', detail: host.name });
      const lines = new EventLines(this.limits.maxEventBytes);
      await readBody(stream, Infinity, scope.signal, (chunk) => {
        for (const detail of lines.push(chunk)) onChange({ reason: 'event', detail });
      });
    } finally {
      clearTimeout(timer);
      stream.destroy();
    }
    throw new Error('the engine ended it');
  }

  private async backOff(failures: number, signal: AbortSignal): Promise<void> {
    const { retryFirstMs, retryMaxMs } = this.limits;
    const longest = Math.min(retryMaxMs, retryFirstMs * 2 ** Math.min(failures - 1, 20));
    // Half of it is chance, so that several workers do not come back at the same moment.
    await pause(longest * (0.5 + Math.random() / 2), undefined, { signal }).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }

  private prefer(host: EngineHost): void {
    this.hosts.splice(this.hosts.indexOf(host), 1);
    this.hosts.unshift(host);
    // A worker's event stream is open but silent: follow the one that knows.
    if (this.following !== null && this.following.host !== host) leave(this.following);
  }

  private putLast(host: EngineHost): void {
    this.hosts.splice(this.hosts.indexOf(host), 1);
    this.hosts.push(host);
  }
}

function leave(following: Following): void {
  following.leaving = true;
  following.scope.abort({ kind: 'aborted' });
}

/** With several hosts the first one's code, and what each of them said. */
function joined(failures: SwarmCollectionError[], calls: EngineCall[]): SwarmCollectionError {
  const [first] = failures;
  if (first === undefined) return new SwarmCollectionError('aborted', 'The collection was stopped.', calls);
  return new SwarmCollectionError(first.code, failures.map(({ message }) => message).join(' — '), calls);
}
