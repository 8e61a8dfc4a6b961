import { MAX_GROUP_DEPTH } from './selector-sql.js';

/** A group whose selector names groups, by id or name. */
export interface ReferringGroup {
  id: string;
  name: string;
  groups: string[];
}

/** Why groups may not name each other so, or null. */
export function groupReferenceFault(groups: readonly ReferringGroup[]): string | null {
  const byWord = new Map(groups.flatMap((group) => [[group.id, group] as const, [group.name, group] as const]));
  const follow = (group: ReferringGroup, path: readonly ReferringGroup[]): string | null => {
    const names = [...path, group].map(({ name }) => name).join(' → ');
    if (path.includes(group)) return `Groups may not contain themselves: ${names}.`;
    // Each of them names a group; the last one may still be a plain one, without references.
    if (path.length + 1 >= MAX_GROUP_DEPTH) {
      return `Groups may name groups, at most ${MAX_GROUP_DEPTH} levels deep: ${names} → ….`;
    }
    for (const word of group.groups) {
      const next = byWord.get(word) ?? byWord.get(word.toLowerCase());
      const fault = next ? follow(next, [...path, group]) : null;
      if (fault) return fault;
    }
    return null;
  };
  for (const group of groups) {
    const fault = follow(group, []);
    if (fault) return fault;
  }
  return null;
}
