/** Something that may lie below another of its kind. */
export interface Node {
  id: string;
  name: string;
  parent_id: string | null;
}

const MAX_NAMES = 10;

/**
 * A circle among nodes and all that is above them, in time linear in their number.
 * @returns the names along it, first and last the same: `core → edge → core`; null when there is none
 */
export function findCircle(nodes: readonly Node[]): string | null {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const cleared = new Set<string>();
  for (const start of nodes) {
    const path = new Map<string, Node>();
    let node: Node | undefined = start;
    while (node && !cleared.has(node.id) && !path.has(node.id)) {
      path.set(node.id, node);
      node = node.parent_id === null ? undefined : byId.get(node.parent_id);
    }
    if (node && path.has(node.id)) return spell([...path.values()], node);
    for (const id of path.keys()) cleared.add(id);
  }
  return null;
}

function spell(path: Node[], first: Node): string {
  const names = [...path.slice(path.indexOf(first)), first].map(({ name }) => name);
  if (names.length <= MAX_NAMES) return names.join(' → ');
  return [...names.slice(0, MAX_NAMES - 1), `… (${names.length - MAX_NAMES} more)`, first.name].join(' → ');
}
