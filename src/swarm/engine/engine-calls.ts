import { EngineFaultError } from './docker-error.js';
import type { EngineInfo, EngineNode, EngineService, EngineTask } from './engine-facts.js';
import type { EngineLimits } from './engine-limits.js';
import { JsonArrayError, JsonArraySplitter } from './json-array-splitter.js';
import type { StringPool } from './string-pool.js';
import { trimInfo } from './trim-info.js';
import { trimNode } from './trim-node.js';
import { trimService } from './trim-service.js';
import { trimTask } from './trim-task.js';

/** Takes a body in chunks and gives what is kept of it. Both methods throw an {@link EngineFaultError}. */
export interface Decoder<T> {
  push(chunk: Uint8Array): void;
  end(): T;
}

/** One GET of the Engine API. */
export interface ApiCall<T> {
  /** As it appears in logs. */
  name: string;
  /** Without the version. */
  path: string;
  query?: Record<string, unknown>;
  maxBytes: number;
  decoder(): Decoder<T>;
}

/** Its answer's header tells the API version; the body is of no use. */
export function pingCall({ maxBodyBytes }: EngineLimits): ApiCall<null> {
  return {
    name: 'ping',
    path: '/_ping',
    maxBytes: maxBodyBytes,
    decoder: () => ({ push: () => undefined, end: () => null }),
  };
}

export function infoCall({ maxBodyBytes }: EngineLimits): ApiCall<EngineInfo> {
  return { name: 'info', path: '/info', maxBytes: maxBodyBytes, decoder: infoDecoder };
}

export function nodesCall({ maxBodyBytes, maxElementBytes }: EngineLimits): ApiCall<EngineNode[]> {
  const decoder = () => new ListDecoder(trimNode, maxElementBytes);
  return { name: 'nodes', path: '/nodes', maxBytes: maxBodyBytes, decoder };
}

export function servicesCall({ maxBodyBytes, maxElementBytes }: EngineLimits): ApiCall<EngineService[]> {
  const decoder = () => new ListDecoder(trimService, maxElementBytes);
  return { name: 'services', path: '/services', query: { status: true }, maxBytes: maxBodyBytes, decoder };
}

export function tasksCall({ maxTasksBytes, maxElementBytes }: EngineLimits, pool: StringPool): ApiCall<EngineTask[]> {
  const decoder = () => new ListDecoder((raw) => trimTask(raw, pool), maxElementBytes);
  return { name: 'tasks', path: '/tasks', maxBytes: maxTasksBytes, decoder };
}

function infoDecoder(): Decoder<EngineInfo> {
  const chunks: Uint8Array[] = [];
  return {
    push: (chunk) => void chunks.push(chunk),
    end: () => {
      const info = trimInfo(parse(Buffer.concat(chunks).toString()));
      if (info === null) throw new EngineFaultError({ kind: 'bad_answer', wanted: 'a JSON object', detail: null });
      return info;
    },
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message quotes the text.
    throw new EngineFaultError({ kind: 'bad_answer', wanted: 'JSON', detail: null });
  }
}

/** A list whose elements are trimmed as they come, so that the whole answer never lies in memory. */
class ListDecoder<T> implements Decoder<T[]> {
  private readonly items: T[] = [];
  private readonly splitter: JsonArraySplitter;

  constructor(
    private readonly trim: (raw: unknown) => T | null,
    maxElementBytes: number,
  ) {
    this.splitter = new JsonArraySplitter((elements) => this.keep(elements), { maxElementBytes });
  }

  push(chunk: Uint8Array): void {
    this.told(() => this.splitter.push(chunk));
  }

  end(): T[] {
    this.told(() => this.splitter.end());
    return this.items;
  }

  private keep(elements: unknown[]): void {
    for (const element of elements) {
      const item = this.trim(element);
      if (item === null) {
        const detail = `element ${this.items.length + 1} has no ID`;
        throw new EngineFaultError({ kind: 'bad_answer', wanted: 'a list of objects', detail });
      }
      this.items.push(item);
    }
  }

  private told(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof JsonArrayError)) throw error;
      if (error.endsEarly) throw new EngineFaultError({ kind: 'cut' });
      throw new EngineFaultError({ kind: 'bad_answer', wanted: 'a JSON list', detail: error.message });
    }
  }
}
