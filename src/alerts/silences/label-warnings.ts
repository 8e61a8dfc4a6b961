import { nearestName } from '../engine/language/nearest-name.js';
import type { Matcher } from '../engine/matcher.js';

/** What alerts have of their own: rules and targets may have more. */
export const ALERT_LABELS = [
  'rule',
  'severity',
  'target',
  'target_kind',
  'device',
  'device_id',
  'ip',
  'check_kind',
  'site',
  'region',
  'tag',
];

/** Names of labels that nothing has: likely a slip of the pen. @param known also those of rules and open alerts */
export function labelWarnings(matchers: readonly Matcher[], known: ReadonlySet<string>): string[] {
  const unknown = new Set(matchers.map(({ name }) => name).filter((name) => !known.has(name)));
  return [...unknown].map((name) => {
    const nearest = nearestName(name, [...known]);
    return `No rule and no open alert has a label "${name}".${nearest ? ` Did you mean ${nearest}?` : ''}`;
  });
}
