import { createHash } from 'node:crypto';
import type { GroupKey } from './rule.js';

/** What makes an alert the same one when it opens again. */
export function fingerprint(ruleId: string, target: { kind: string; key: string }, groupKey: string): string {
  const words = JSON.stringify([ruleId, target.kind, target.key, groupKey]);
  return createHash('sha256').update(words).digest('hex').slice(0, 32);
}

/** What alerts are put together by, such as `{"site":"Berlin"}`; empty words for what there is not. */
export function groupKeyOf(groupBy: readonly GroupKey[], labels: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.fromEntries([...groupBy].sort().map((key) => [key, labels[key] ?? ''])));
}
