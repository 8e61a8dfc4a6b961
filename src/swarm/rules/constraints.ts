import type { EngineNode } from '../engine/engine-facts.js';

/**
 * Whether a node meets a service's placement constraints, as far as they can be known here: `node.id`, `node.hostname`,
 * `node.role` and `node.labels.*`, values compared without regard to case as Docker does. Any other constraint (engine
 * labels, platform, address) counts as met, so a node is excluded only when that is certain.
 */
export function meetsKnownConstraints(node: EngineNode, constraints: readonly string[]): boolean {
  return constraints.every((constraint) => {
    const [, key, operator, wanted] = /^\s*([^\s=!]+)\s*(==|!=)\s*(.*?)\s*$/.exec(constraint) ?? [];
    if (key === undefined || wanted === undefined) return true;
    const actual = attribute(node, key);
    if (actual === undefined) return true;
    return (actual.toLowerCase() === wanted.toLowerCase()) === (operator === '==');
  });
}

function attribute(node: EngineNode, key: string): string | undefined {
  if (key.startsWith('node.labels.')) return node.labels[key.slice('node.labels.'.length)] ?? '';
  if (key === 'node.id') return node.id;
  if (key === 'node.hostname') return node.hostname;
  if (key === 'node.role') return node.role;
  return undefined;
}
