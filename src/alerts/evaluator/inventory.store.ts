import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { type DeviceFacts, Inventory } from '../engine/inventory.js';
import { type DeviceScope, scopeCondition } from '../rules/scope-sql.js';

/** All devices as one row of columns: 10,000 rows of a result would cost more than what they say. */
const DEVICES = `SELECT row_to_json(c) FROM (
  SELECT json_agg(num) AS num, json_agg(id) AS id, json_agg(name) AS name, json_agg(ip) AS ip, json_agg(enabled::int) AS enabled,
         json_agg(site_id) AS site, json_agg(parent) AS parent, json_agg(CASE WHEN tags <> '{}' THEN tags END) AS tags,
         json_agg(check_kind) AS kind
  FROM (SELECT d.num, d.id, d.name, d.ip, d.enabled, d.site_id, d.tags, d.check_kind, p.num AS parent
        FROM devices d LEFT JOIN devices p ON p.id = d.parent_id ORDER BY d.num) d) c`;
const SITES = `SELECT coalesce(json_agg(json_build_object('id', id, 'name', name, 'region', region)), '[]') FROM sites`;

type Columns = {
  [K in 'num' | 'id' | 'name' | 'ip' | 'enabled' | 'site' | 'parent' | 'tags' | 'kind']: unknown[] | null;
};
interface SiteFacts {
  id: string;
  name: string;
  region: string | null;
}

/** Devices, and the numbers of those that each scope chooses, by its key. */
export interface ReadInventory {
  devices: DeviceFacts[];
  chosen: ReadonlyMap<string, number[]>;
  /** Keys of scopes that cannot be asked for, and why. */
  failed: ReadonlyMap<string, string>;
}

/** Reads the inventory, and whom scopes are about. */
@Injectable()
export class AlertInventoryStore {
  constructor(private readonly database: DataSource) {}

  /**
   * One statement, whatever the numbers of devices and scopes. Only when that fails for what is written in a scope, or in a group
   * that one names, they are asked for one by one, so that one of them does not take the others with it.
   * @param scopes by key
   */
  async read(scopes: ReadonlyMap<string, DeviceScope>): Promise<ReadInventory> {
    try {
      return await this.readAll(scopes, new Map());
    } catch (error) {
      if (!isFaultOfScope(error) || scopes.size === 0) throw error;
      return this.readOneByOne(scopes);
    }
  }

  private async readAll(
    scopes: ReadonlyMap<string, DeviceScope>,
    failed: ReadonlyMap<string, string>,
  ): Promise<ReadInventory> {
    const values: unknown[] = [];
    const choices = [...scopes.values()].map((scope, place) => {
      const { condition, values: bound } = scopeCondition(scope);
      let next = 0;
      const text = condition.replace(/\?/g, () => `$${values.push(bound[next++])}`);
      return `SELECT ${place}, (SELECT json_agg(d.num) FROM devices d WHERE d.enabled AND ${text})`;
    });
    const rows = await this.database.query<{ place: number; part: unknown }[]>(
      [`SELECT -2 AS place, (${DEVICES}) AS part`, `SELECT -1, (${SITES})`, ...choices].join(' UNION ALL '),
      values,
    );
    const parts = new Map(rows.map(({ place, part }) => [place, part]));
    const devices = deviceFacts(parts.get(-2) as Columns, parts.get(-1) as SiteFacts[]);
    const chosen = [...scopes.keys()].map((key, place) => [key, (parts.get(place) as number[] | null) ?? []] as const);
    return { devices, chosen: new Map(chosen), failed };
  }

  private async readOneByOne(scopes: ReadonlyMap<string, DeviceScope>): Promise<ReadInventory> {
    const fine = new Map<string, DeviceScope>();
    const failed = new Map<string, string>();
    for (const [key, scope] of scopes) {
      try {
        await this.readAll(new Map([[key, scope]]), failed);
        fine.set(key, scope);
      } catch (error) {
        if (!isFaultOfScope(error)) throw error;
        failed.set(key, (error as Error).message);
      }
    }
    return this.readAll(fine, failed);
  }
}

/** @param memberships by the id of a rule the key of its scope, null for all devices */
export function buildInventory(
  { devices, chosen }: ReadInventory,
  memberships: ReadonlyMap<string, string | null>,
): Inventory {
  const none: number[] = [];
  const numbers = [...memberships].map(([id, key]) => [id, key === null ? null : (chosen.get(key) ?? none)] as const);
  return new Inventory(devices, new Map(numbers));
}

const NO_TAGS: readonly string[] = [];

function deviceFacts(columns: Columns, sites: readonly SiteFacts[]): DeviceFacts[] {
  const siteOf = new Map(sites.map((site) => [site.id, site]));
  const column = <T>(name: keyof Columns): T[] => (columns[name] ?? []) as T[];
  const [ids, names, ips] = [column<string>('id'), column<string>('name'), column<string>('ip')];
  const [enabled, parents] = [column<number>('enabled'), column<number | null>('parent')];
  const [siteIds, tags] = [column<string | null>('site'), column<string[] | null>('tags')];
  const kinds = column<DeviceFacts['checkKind']>('kind');
  return column<number>('num').map((num, row) => {
    const site = siteOf.get(siteIds[row] ?? '');
    return {
      num,
      id: ids[row]!,
      name: names[row]!,
      ip: ips[row]!,
      enabled: enabled[row] === 1,
      siteId: site?.id ?? null,
      siteName: site?.name ?? null,
      region: site?.region ?? null,
      tags: tags[row] ?? NO_TAGS,
      parentNum: parents[row] ?? null,
      checkKind: kinds[row]!,
    };
  });
}

/** SQLSTATE classes 22 (a value cannot be what it is taken for), 42 (what is asked for makes no sense) and 54 (too complex). */
function isFaultOfScope(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && /^(22|42|54)/.test(code);
}
