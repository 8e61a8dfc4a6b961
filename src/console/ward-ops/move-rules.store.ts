import type { EntityManager } from 'typeorm';
import { MAX_RULES } from '../../alerts/rules/alert-rules.store.js';
import { encodeNotice, NOTICE_CHANNEL } from '../../platform/events/notice.js';
import type { Selector } from '../../devices/selector.js';
import type { LeftBehind } from './move-terms.js';
import type { NewRule } from './plan-rules.js';

/** What became of the alert rules; the second run of the same move writes none. */
export interface MovedRules {
  written: number;
  leftBehind: LeftBehind[];
  /** Of rules that were written: what deserves a look. */
  notes: { name: string; note: string }[];
}

interface Found {
  kind: 'rule' | 'device' | 'site' | 'group' | 'channel';
  id: string;
  name: string;
}

/** Writes the rules that are not there yet. What was moved in once belongs to people: it stays as it is. */
export async function writeRules(manager: EntityManager, rules: readonly NewRule[]): Promise<MovedRules> {
  await manager.query("SELECT pg_advisory_xact_lock(hashtextextended('alert-rules', 0))");
  const found = new Inventory(await find(manager, rules));
  const moved: MovedRules = { written: 0, leftBehind: [], notes: [] };
  const rows: object[] = [];
  for (const rule of rules) {
    if (found.has('rule', rule.id)) continue;
    const fault = found.count + rows.length >= MAX_RULES ? `there can be ${MAX_RULES} rules.` : found.faultOf(rule);
    if (fault) {
      moved.leftBehind.push({ what: 'alert rule', name: rule.name, reason: fault });
      continue;
    }
    const name = found.freeName(rule.name);
    const unknown = rule.channels.filter((channel) => found.idOf('channel', channel) === undefined);
    rows.push(rowOf({ ...rule, name }, found));
    const notes = unknown.map((channel) => `there is no channel ${channel}: make it, and give it to the rule.`);
    for (const note of [...rule.notes, ...notes]) moved.notes.push({ name, note });
  }
  if (rows.length === 0) return moved;
  await manager.query(
    `INSERT INTO alert_rules (id, name, description, enabled, severity, scope, condition, expression, channel_ids)
     SELECT id, name, description, enabled, severity, scope, condition, expression, channel_ids
     FROM jsonb_populate_recordset(NULL::alert_rules, $1::jsonb)`,
    [JSON.stringify(rows)],
  );
  await manager.query('SELECT pg_notify($1, $2)', [NOTICE_CHANNEL, encodeNotice({ kind: 'alert_rules_changed' })]);
  return { ...moved, written: rows.length };
}

function rowOf(rule: NewRule, found: Inventory): object {
  const { device_id, site, group, channels, notes: _, ...row } = rule;
  const sites = site && [found.siteOf(site)!];
  const selector: Selector = {
    ...(device_id && { ids: [device_id] }),
    ...(sites && { sites }),
    ...(group && { groups: [found.idOf('group', group)!] }),
  };
  const scope = { kind: 'devices', selector: Object.keys(selector).length > 0 ? selector : { all: true } };
  return { ...row, scope, channel_ids: channels.flatMap((channel) => found.idOf('channel', channel) ?? []) };
}

/** What is there already. */
class Inventory {
  private readonly ids = new Set<string>();
  private readonly names = new Map<string, string>();
  readonly count: number;

  constructor(rows: readonly Found[]) {
    for (const { kind, id, name } of rows) {
      this.ids.add(`${kind} ${id}`);
      this.names.set(`${kind} ${name}`, id);
    }
    this.count = rows.filter(({ kind }) => kind === 'rule').length;
  }

  has(kind: Found['kind'], id: string): boolean {
    return this.ids.has(`${kind} ${id}`);
  }

  idOf(kind: Found['kind'], name: string): string | undefined {
    return this.names.get(`${kind} ${name}`);
  }

  /** A site of that name that was there before stands for the branch. */
  siteOf({ id, name }: { id: string; name: string }): string | undefined {
    return this.has('site', id) ? id : this.idOf('site', name);
  }

  faultOf({ device_id, site, group }: NewRule): string | null {
    if (device_id && !this.has('device', device_id)) return 'its device stayed out.';
    if (site && this.siteOf(site) === undefined) return `there is no site ${site.name}.`;
    if (group && this.idOf('group', group) === undefined)
      return `there is no group ${group}: make it, and run this again.`;
    return null;
  }

  /** People, or the rules that come with Swarmward, may have taken the name. */
  freeName(name: string): string {
    let free = name;
    for (let number = 1; this.names.has(`rule ${free}`); number++) {
      free = `${name} (ward-ops${number > 1 ? ` ${number}` : ''})`;
    }
    this.names.set(`rule ${free}`, '');
    return free;
  }
}

function find(manager: EntityManager, rules: readonly NewRule[]): Promise<Found[]> {
  const texts = (values: (string | null | undefined)[]): string[] =>
    values.filter((value) => typeof value === 'string');
  return manager.query(
    `SELECT 'rule' AS kind, id, name FROM alert_rules UNION ALL
     SELECT 'device', id, name FROM devices WHERE id = ANY ($1::uuid[]) UNION ALL
     SELECT 'site', id, name FROM sites WHERE id = ANY ($2::uuid[]) OR name = ANY ($3::text[]) UNION ALL
     SELECT 'group', id, name FROM groups WHERE name = ANY ($4::text[]) UNION ALL
     SELECT 'channel', id, name FROM channels WHERE name = ANY ($5::text[])`,
    [
      texts(rules.map(({ device_id }) => device_id)),
      texts(rules.map(({ site }) => site?.id)),
      texts(rules.map(({ site }) => site?.name)),
      texts(rules.map(({ group }) => group)),
      rules.flatMap(({ channels }) => channels),
    ],
  );
}
