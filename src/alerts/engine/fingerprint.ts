import { createHash } from 'node:crypto';
import type { PassRule } from './pass.js';
import type { GroupKey } from './rule.js';
import type { Target } from './targets.js';

/** What makes an alert the same one when it opens again. */
export function fingerprint(ruleId: string, target: { kind: string; key: string }, groupKey: string): string {
  const words = JSON.stringify([ruleId, target.kind, target.key, groupKey]);
  return createHash('sha256').update(words).digest('hex').slice(0, 32);
}

/** What a sticky acknowledgement holds for: wherever the target has been moved to since, whatever alerts are grouped by. */
export function ackKey(ruleId: string, targetKind: string, targetKey: string): string {
  return JSON.stringify([ruleId, targetKind, targetKey]);
}

/** Names change: what has an id goes by it. A region is nothing but its name. */
const KEYS: Record<GroupKey, (rule: PassRule, target: Target) => string | null | undefined> = {
  rule: ({ id }) => id,
  severity: ({ severity }) => severity,
  site: (_, { device }) => device?.siteId,
  region: (_, { device }) => device?.region,
  device: (_, { device }) => device?.id,
};

/** What alerts are put together by, such as `{"site":"0f8e2c5e-…"}`; empty words for what there is not. */
export function groupKeyOf(rule: PassRule, target: Target): string {
  return JSON.stringify(
    Object.fromEntries([...rule.groupBy].sort().map((key) => [key, KEYS[key](rule, target) ?? ''])),
  );
}
