import type { EntityManager } from 'typeorm';
import type { InvalidValue } from '../../platform/http/problem.js';
import { isUuid } from './uuid.js';

/** What devices refer to, by id or name. */
export interface References {
  site?: string | null | undefined;
  profile?: string | null | undefined;
  parent?: string | null | undefined;
  snmp_credential?: string | null | undefined;
}

/** Columns of `devices`; those that nothing was said about are missing. */
export interface ReferenceIds {
  site_id?: string | null;
  profile_id?: string;
  parent_id?: string | null;
  snmp_credential_id?: string | null;
}

type Kind = keyof References;
interface Found {
  kind: Kind;
  id: string;
  name: string;
  matches: number;
}

const TABLES = { site: 'sites', profile: 'profiles', parent: 'devices', snmp_credential: 'credentials' } as const;
const KINDS = Object.keys(TABLES) as Kind[];
const WORDS = { site: 'site', profile: 'profile', parent: 'device', snmp_credential: 'SNMP credential' } as const;

/** The rows that any number of devices refer to, looked up in one statement. */
export class ReferenceIndex {
  private readonly ids = new Map<string, string>();
  private readonly names = new Map<string, Found>();

  private constructor(
    found: readonly Found[],
    private readonly defaultProfile: string,
  ) {
    for (const row of found) {
      this.ids.set(`${row.kind} ${row.id}`, row.id);
      const key = `${row.kind} ${row.name}`;
      if (row.matches > 0) this.names.set(key, row);
    }
  }

  static async load(manager: EntityManager, wanted: readonly References[]): Promise<ReferenceIndex> {
    const values: unknown[] = [];
    const parts = KINDS.map((kind) => {
      const words = [...new Set(wanted.map((each) => each[kind]).filter((word) => typeof word === 'string'))];
      const ids = values.push(words.filter(isUuid));
      const names = values.push(words);
      const table = TABLES[kind];
      return (
        `SELECT '${kind}' AS kind, id, name, 0 AS matches FROM ${table} WHERE id = ANY ($${ids}::uuid[]) UNION ALL ` +
        `SELECT '${kind}', (array_agg(id))[1], name, count(*)::int FROM ${table} WHERE name = ANY ($${names}::text[]) GROUP BY name`
      );
    });
    parts.push(`SELECT 'default', id, name, 1 FROM profiles WHERE is_default`);
    const rows = await manager.query<(Omit<Found, 'kind'> & { kind: Kind | 'default' })[]>(
      parts.join(' UNION ALL '),
      values,
    );
    const found = rows.filter((row): row is Found => row.kind !== 'default');
    return new ReferenceIndex(found, rows.find((row) => row.kind === 'default')!.id);
  }

  /** The ids that are meant, or what is wrong with each. An id is looked for before a name. A null profile is the default one. */
  resolve(wanted: References): { ids: ReferenceIds; errors: InvalidValue[] } {
    const ids: ReferenceIds = {};
    const errors: InvalidValue[] = [];
    for (const kind of KINDS) {
      const word = wanted[kind];
      if (word === undefined) continue;
      if (word === null) Object.assign(ids, { [`${kind}_id`]: kind === 'profile' ? this.defaultProfile : null });
      else this.find(kind, word, ids, errors);
    }
    return { ids, errors };
  }

  private find(kind: Kind, word: string, ids: ReferenceIds, errors: InvalidValue[]): void {
    const byId = this.ids.get(`${kind} ${word.toLowerCase()}`);
    const byName = this.names.get(`${kind} ${word}`);
    if (byId === undefined && byName && byName.matches > 1) {
      errors.push({ path: kind, message: `There are ${byName.matches} devices called "${word}". Give the id of one.` });
      return;
    }
    const found = byId ?? byName?.id;
    if (found === undefined) errors.push({ path: kind, message: `There is no ${WORDS[kind]} "${word}".` });
    else Object.assign(ids, { [`${kind}_id`]: found });
  }
}
