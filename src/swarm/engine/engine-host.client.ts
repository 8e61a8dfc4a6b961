import type Docker from 'dockerode';
import type { IncomingMessage } from 'node:http';
import { AbortScope } from './abort-scope.client.js';
import { type DockerEndpoint, DockerEndpointError, parseDockerHost } from './docker-endpoint.js';
import {
  type EngineFault,
  EngineFaultError,
  faultOf,
  isVersionRefusal,
  saysNotInSwarm,
  toCollectionError,
} from './docker-error.js';
import { connect, open, readBody, statusFault } from './engine-call.client.js';
import { type ApiCall, infoCall, nodesCall, pingCall, servicesCall, tasksCall } from './engine-calls.js';
import type { EngineFacts, EngineInfo } from './engine-facts.js';
import type { EngineLimits } from './engine-limits.js';
import { StringPool } from './string-pool.js';
import type { Collection, EngineCall } from './swarm-client.port.js';

type Lists = Pick<EngineFacts, 'nodes' | 'services' | 'tasks'>;
type InfoAnswer = { info: EngineInfo | null; error: string | null };

/** A fault with the call it happened in. */
class CallError extends Error {
  constructor(
    readonly fault: EngineFault,
    readonly path: string,
  ) {
    super(`${path}: ${fault.kind}`);
  }
}

/** One configured Docker host: its connection, the API version agreed on, and what it answers about the swarm. */
export class EngineHost {
  /** For people: the address without credentials. */
  readonly name: string;
  private readonly endpoint: DockerEndpoint | DockerEndpointError;
  private docker: Docker | null = null;
  /** As negotiated; null for an engine that names none; undefined while not known. */
  private version: string | null | undefined;

  /**
   * @param value as in `DOCKER_HOST`; one that cannot be used is told by every collection, not by the constructor: a
   * wrong Docker host must not keep the rest of the product from starting
   */
  constructor(
    value: string,
    tls: boolean,
    private readonly certPath: string | undefined,
    private readonly limits: EngineLimits,
  ) {
    this.endpoint = parse(value, tls);
    this.name = this.endpoint instanceof DockerEndpointError ? withoutUser(value) : this.endpoint.name;
  }

  /**
   * @param calls every API call is added to it, also those that failed
   * @throws SwarmCollectionError
   */
  async collect(signal: AbortSignal, calls: EngineCall[]): Promise<Collection> {
    for (let mayNegotiate = this.version !== undefined; ; mayNegotiate = false) {
      try {
        return await this.attempt(signal, calls);
      } catch (error) {
        this.forget();
        if (!(error instanceof CallError)) throw error;
        if (!mayNegotiate || !isVersionRefusal(error.fault)) {
          throw toCollectionError(error.fault, this.name, error.path, calls);
        }
      }
    }
  }

  /**
   * Opens the event stream of nodes and services; it ends with `signal`. It does not negotiate: the unversioned path
   * serves as well, and a collection soon learns the version.
   * @throws SwarmCollectionError
   */
  async openEvents(signal: AbortSignal): Promise<IncomingMessage> {
    const scope = new AbortScope(signal, this.limits.callMs);
    try {
      const query = { filters: { scope: ['swarm'], type: ['node', 'service'] } };
      const request = { path: '/events', query, version: this.version ?? null };
      const response = await open(this.connection(), request, scope.signal);
      if (response.statusCode !== 200) throw await statusFault(response, scope.signal);
      scope.limit(null);
      response.once('close', () => scope.close());
      // Finds a connection whose other end is gone; without traffic TCP alone would never notice.
      response.socket.setKeepAlive(true, 30_000);
      return response;
    } catch (error) {
      scope.close();
      this.forget();
      throw toCollectionError(faultOf(error), this.name, '/events', []);
    }
  }

  private async attempt(signal: AbortSignal, calls: EngineCall[]): Promise<Collection> {
    this.version ??= await this.negotiate(signal, calls);
    const lists = new AbortScope(signal);
    const infoScope = new AbortScope(signal);
    const info = this.info(infoScope.signal, calls);
    try {
      const arrived = await this.lists(lists, calls);
      const answer = await this.briefly(info, infoScope);
      const facts = { info: answer.info, ...arrived };
      return { kind: 'facts', facts, calls, host: this.name, infoError: answer.error };
    } catch (error) {
      if (!(error instanceof CallError) || !saysNotInSwarm(error.fault)) throw error;
      const { info: known } = await this.briefly(info, infoScope);
      // A manager that is just starting says the same words, but its /info knows better.
      if (known !== null && known.localNodeState !== 'inactive') throw error;
      return { kind: 'not-in-swarm', info: known, calls, host: this.name };
    } finally {
      lists.close();
      infoScope.close();
      await info;
    }
  }

  private async negotiate(signal: AbortSignal, calls: EngineCall[]): Promise<string | null> {
    const { headers } = await this.call(pingCall(this.limits), signal, calls);
    const version = headers['api-version'];
    return typeof version === 'string' && /^\d+\.\d+$/.test(version) ? version : null;
  }

  private async info(signal: AbortSignal, calls: EngineCall[]): Promise<InfoAnswer> {
    try {
      const { value } = await this.call(infoCall(this.limits), signal, calls);
      return { info: value, error: null };
    } catch (error) {
      return { info: null, error: this.message(error instanceof CallError ? error.fault : faultOf(error), '/info') };
    }
  }

  /** The three lists in parallel; when one fails the others are stopped at once. */
  private async lists(scope: AbortScope, calls: EngineCall[]): Promise<Lists> {
    const underWay = [
      this.call(nodesCall(this.limits), scope.signal, calls),
      this.call(servicesCall(this.limits), scope.signal, calls),
      this.call(tasksCall(this.limits, new StringPool()), scope.signal, calls),
    ] as const;
    try {
      const [nodes, services, tasks] = await Promise.all(underWay);
      return { nodes: nodes.value, services: services.value, tasks: tasks.value };
    } catch (error) {
      scope.abort({ kind: 'aborted' });
      await Promise.allSettled(underWay);
      throw error;
    }
  }

  /** Waits for `/info` a little longer than the lists took, not until its own time limit. */
  private async briefly(info: Promise<InfoAnswer>, scope: AbortScope): Promise<InfoAnswer> {
    scope.limit(this.limits.infoGraceMs);
    try {
      return await info;
    } finally {
      scope.limit(null);
    }
  }

  /** Makes one call within its time limit and writes down how it went. */
  private async call<T>(call: ApiCall<T>, parent: AbortSignal, calls: EngineCall[]) {
    const scope = new AbortScope(parent, this.limitOf(call.name));
    const started = performance.now();
    const entry: EngineCall = { call: call.name, durationMs: 0, bytes: 0, error: null };
    try {
      const response = await open(this.connection(), { ...call, version: this.version ?? null }, scope.signal);
      if (response.statusCode !== 200) throw await statusFault(response, scope.signal);
      const decoder = call.decoder();
      await readBody(response, call.maxBytes, scope.signal, (chunk) => {
        entry.bytes += chunk.length;
        decoder.push(chunk);
      });
      return { value: decoder.end(), headers: response.headers };
    } catch (error) {
      const fault = faultOf(error);
      entry.error = this.message(fault, call.path);
      throw new CallError(fault, call.path);
    } finally {
      scope.close();
      entry.durationMs = performance.now() - started;
      calls.push(entry);
    }
  }

  private limitOf(call: string): number {
    const { callMs, pingMs } = this.limits;
    return call === 'ping' ? Math.min(pingMs, callMs) : callMs;
  }

  private connection(): Docker {
    if (this.endpoint instanceof DockerEndpointError) {
      throw new EngineFaultError({ kind: 'endpoint', detail: this.endpoint.message });
    }
    return (this.docker ??= connect(this.endpoint, this.certPath));
  }

  /** After a failure it may be another engine, with other certificates. */
  private forget(): void {
    this.docker = null;
    this.version = undefined;
  }

  private message(fault: EngineFault, path: string): string {
    return toCollectionError(fault, this.name, path, []).message;
  }
}

function parse(value: string, tls: boolean): DockerEndpoint | DockerEndpointError {
  try {
    return parseDockerHost(value, tls);
  } catch (error) {
    if (error instanceof DockerEndpointError) return error;
    throw error;
  }
}

function withoutUser(value: string): string {
  return value.replace(/\/\/[^/@]*@/, '//');
}
