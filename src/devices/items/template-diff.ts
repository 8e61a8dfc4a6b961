import type { ItemFields } from './item-fields.js';

/** An item of a template as it is stored. */
export type StoredItem = ItemFields & { id: string };

export interface TemplateDiff {
  added: ItemFields[];
  /** With the id of the stored one. */
  changed: StoredItem[];
  /** Ids. */
  removed: string[];
}

const FIELDS = ['oid', 'value_type', 'transform', 'units', 'interval_seconds'] as const;

/** What becomes of a template's items. They are told apart by name: one of another name is another item, with a history of its own. */
export function diffItems(stored: readonly StoredItem[], wanted: readonly ItemFields[]): TemplateDiff {
  const byName = new Map(stored.map((item) => [item.name, item]));
  const names = new Set(wanted.map(({ name }) => name));
  return {
    added: wanted.filter(({ name }) => !byName.has(name)),
    changed: wanted.flatMap((item) => {
      const old = byName.get(item.name);
      return old && FIELDS.some((field) => old[field] !== item[field]) ? [{ ...item, id: old.id }] : [];
    }),
    removed: stored.filter(({ name }) => !names.has(name)).map(({ id }) => id),
  };
}
