import type { AlertFacts } from '../../alerts/outbox/alert-facts.js';
import type { GroupKey } from '../../alerts/engine/rule.js';

/** What alerts of one notice have in common. */
export interface NoticeGroup {
  key: string;
  labels: Record<string, string>;
}

const VALUES: Record<GroupKey, (alert: AlertFacts) => string | null> = {
  rule: ({ ruleName }) => ruleName,
  severity: ({ severity }) => severity,
  site: ({ siteName }) => siteName,
  region: ({ region }) => region,
  device: ({ targetName }) => targetName,
};
/** Names change and may be equal: ids tell groups apart where there are any. */
const KEYS: Record<GroupKey, (alert: AlertFacts) => string | null> = {
  ...VALUES,
  rule: ({ ruleId, ruleName }) => ruleId ?? ruleName,
  site: ({ siteId, siteName }) => siteId ?? siteName,
  device: ({ targetKind, targetKey }) => `${targetKind}:${targetKey}`,
};

/** By what its rule puts alerts together. What an alert does not have, such as a site, counts as a value of its own. */
export function groupOf(alert: AlertFacts): NoticeGroup {
  const keys = [...new Set(alert.groupBy)].filter((key) => key in VALUES).sort();
  const labels = keys.flatMap((key) => {
    const value = VALUES[key](alert);
    return value === null ? [] : [[key, value] as const];
  });
  return { key: JSON.stringify(keys.map((key) => [key, KEYS[key](alert)])), labels: Object.fromEntries(labels) };
}
