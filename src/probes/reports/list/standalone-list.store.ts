import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { DataSource } from 'typeorm';
import { queryPrepared } from '../prepared-query.store.js';
import { streamRows } from '../row-stream.store.js';
import { inventoryJson, type InventoryRow, stateJson, type StateRow } from './standalone-document.js';
import type { StandaloneQuery } from './standalone-list.dto.js';
import { INVENTORY_OF, standaloneStatements } from './standalone-sql.js';

/** Lists of more devices than this are streamed; those up to it are made in memory, about 1 kB a device. */
export const MAX_IN_MEMORY = 5_000;

/** The list as JSON: a text, or its parts one after the other. */
export interface StandaloneList {
  total: number;
  json: string | AsyncIterable<string>;
}

/**
 * The device list in at most three statements, whatever its length: the states; what rarely changes of devices that are not yet in
 * memory as they are now; the total, when a page was asked for. It reads `device_state`, never `ping_results`.
 *
 * Keeping the JSON of what rarely changes saves two thirds of the time. It cannot go stale: every statement brings the version of each row.
 */
@Injectable()
export class StandaloneListStore {
  private readonly known = new LRUCache<number, { version: string; json: string }>({ max: 2 * MAX_IN_MEMORY });

  constructor(private readonly database: DataSource) {}

  async read(query: StandaloneQuery): Promise<StandaloneList> {
    const statements = standaloneStatements(query);
    const rows = await this.states(statements);
    const isWhole = query.limit === undefined && !query.skip;
    if (rows.length > MAX_IN_MEMORY) return { total: await this.count(query), json: this.stream(query) };
    const parts = await this.parts(rows);
    return { total: isWhole ? parts.length : await this.count(query), json: `[${parts.join()}]` };
  }

  private states(statements: ReturnType<typeof standaloneStatements>): Promise<StateRow[]> {
    const polled = statements.polled(MAX_IN_MEMORY + 1);
    if (polled !== null) return queryPrepared(this.database, 'standalone_list', polled);
    const { text, values } = statements.states(MAX_IN_MEMORY + 1);
    return this.database.query(text, values);
  }

  private async count(query: StandaloneQuery): Promise<number> {
    const { text, values } = standaloneStatements(query).total;
    const [row] = await this.database.query<[{ total: number }]>(text, values);
    return row.total;
  }

  private async parts(rows: StateRow[]): Promise<string[]> {
    const missing = rows.filter(({ num, version }) => this.known.get(num)?.version !== version).map(({ num }) => num);
    const fresh = new Map<number, string>();
    if (missing.length > 0) {
      for (const row of await this.database.query<InventoryRow[]>(INVENTORY_OF, [missing])) {
        const json = inventoryJson(row);
        fresh.set(row.num, json);
        this.known.set(row.num, { version: row.version, json });
      }
      for (const num of missing) if (!fresh.has(num)) this.known.delete(num);
    }
    // A device that was deleted between the two statements is not there any more.
    return rows.flatMap((row) => {
      const inventory = fresh.get(row.num) ?? this.known.get(row.num)?.json;
      return inventory === undefined ? [] : [inventory + stateJson(row)];
    });
  }

  private async *stream(query: StandaloneQuery): AsyncGenerator<string> {
    let separator = '[';
    for await (const rows of streamRows<InventoryRow & StateRow>(this.database, standaloneStatements(query).whole)) {
      yield separator + rows.map((row) => inventoryJson(row) + stateJson(row)).join();
      separator = ',';
    }
    yield separator === '[' ? '[]' : ']';
  }
}
