import { severityRank } from '../../alerts/severity.js';
import { storableStart } from '../../platform/http/storable-text.js';
import type { Message } from '../channels/channel-driver.port.js';

const MAX_NAMES = 3;
const MAX_LENGTH = 250;

/** One line for people: `12 alerts in Berlin: Device down, Packet loss`, the worst first. What happened to them (firing, resolved, …) is said beside it. */
export function noticeTitle({
  kind,
  alerts,
  group_labels: labels,
}: Pick<Message, 'kind' | 'alerts' | 'group_labels'>): string {
  if (kind === 'test') return 'A test of Swarmward: notifications arrive here';
  const [first] = alerts;
  const worstFirst = alerts.toSorted((a, b) => severityRank(a.severity) - severityRank(b.severity));
  const rules = [...new Set(worstFirst.map(({ rule_name }) => rule_name))];
  const named =
    rules.slice(0, MAX_NAMES).join(', ') + (rules.length > MAX_NAMES ? ` and ${rules.length - MAX_NAMES} more` : '');
  const place = labels['site'] ?? labels['region'] ?? null;
  const text =
    alerts.length === 1 && first
      ? `${first.rule_name}: ${first.target_name}${first.site_name ? ` (${first.site_name})` : ''}`
      : `${alerts.length} alerts${place === null ? '' : ` in ${place}`}: ${named}`;
  return storableStart(text, MAX_LENGTH);
}
