import type { StandaloneDevice } from '../../src/probes/reports/list/standalone-list.dto.js';
import type { DeviceStateDto, PingDto, StateEventDto } from '../../src/probes/reports/device/device-reports.dto.js';
import type { CycleDto, ProbesDto } from '../../src/probes/cycle/probes.dto.js';
import type { ImportDto } from '../../src/devices/transfer/import.dto.js';
import { eventually } from './eventually.js';
import type { Product } from './product.js';

export interface Answered<T> {
  status: number;
  body: T;
}

/** A product with devices, over HTTP only. */
export class DeviceLab {
  constructor(readonly product: Pick<Product, 'fetch'>) {}

  /** @param body text is CSV, anything else JSON */
  async ask<T>(method: string, path: string, body?: unknown): Promise<Answered<T>> {
    const isText = typeof body === 'string';
    const response = await this.product.fetch(path, {
      method,
      ...(body !== undefined && {
        headers: { 'content-type': isText ? 'text/csv' : 'application/json' },
        body: isText ? body : JSON.stringify(body),
      }),
    });
    return { status: response.status, body: (await response.json()) as T };
  }

  async get<T>(path: string): Promise<T> {
    return this.made(200, await this.ask<{ data: T }>('GET', path));
  }

  async create(path: string, body: object): Promise<{ id: string }> {
    return this.made(201, await this.ask<{ data: { id: string } }>('POST', path, body));
  }

  /** Nothing of it may fail. @param rows CSV or devices */
  async import(rows: string | object[]): Promise<ImportDto> {
    const body = typeof rows === 'string' ? rows : { devices: rows };
    const done = this.made(200, await this.ask<{ data: ImportDto }>('POST', '/api/v1/devices/import?rows=all', body));
    expect(done.rows.filter(({ status }) => status === 'failed')).toEqual([]);
    return done;
  }

  async list(search = ''): Promise<StandaloneDevice[]> {
    const { status, body } = await this.ask<StandaloneDevice[]>('GET', `/api/v1/devices/standalone/list${search}`);
    expect(status).toBe(200);
    return body;
  }

  /** How many devices are in which state. */
  async tally(search = ''): Promise<Record<string, number>> {
    const tally: Record<string, number> = {};
    for (const { state } of await this.list(search)) tally[state] = (tally[state] ?? 0) + 1;
    return tally;
  }

  state(id: string): Promise<DeviceStateDto> {
    return this.get(`/api/v1/devices/${id}/state`);
  }

  /** Oldest first. */
  pings(id: string): Promise<PingDto[]> {
    return this.get(`/api/v1/devices/${id}/pings?sort=at&limit=500`);
  }

  /** Oldest first. */
  events(id: string): Promise<StateEventDto[]> {
    return this.get(`/api/v1/devices/${id}/events?sort=at&limit=500`);
  }

  probes(): Promise<ProbesDto> {
    return this.get('/api/v1/probes');
  }

  /** Latest first. */
  cycles(search = ''): Promise<CycleDto[]> {
    return this.get(`/api/v1/probes/cycles?limit=100${search}`);
  }

  async icmpHealth(): Promise<string> {
    const { body } = await this.ask<{ components: Record<string, string> }>('GET', '/api/v1/health');
    return body.components['icmp'] ?? '';
  }

  /** The first turn of pings that began after an instant and is done. */
  async cycleAfter(instant: number): Promise<CycleDto> {
    return eventually(
      async () => {
        const done = (await this.cycles('&kind=ping')).filter(
          ({ started_at: started }) => started !== null && Date.parse(started) > instant,
        );
        expect(done).not.toEqual([]);
        return done.at(-1)!;
      },
      { timeoutMs: 30_000 },
    );
  }

  private made<T>(status: number, answer: Answered<{ data: T }>): T {
    if (answer.status !== status) throw new Error(`${answer.status}: ${JSON.stringify(answer.body).slice(0, 2_000)}`);
    return answer.body.data;
  }
}
