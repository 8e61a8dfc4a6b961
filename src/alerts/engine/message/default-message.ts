import type { TargetKind } from '../../../metrics/metric.js';
import type { Comparison, Condition } from '../condition.js';
import { comparisonsOf } from '../language/condition-parts.js';
import type { MessageFacts } from './message-facts.js';
import { oneLine } from './render-message.js';
import { measureText, spanText } from './value-text.js';

/** What stands before the name of a target. */
const KINDS: Partial<Record<TargetKind, string>> = {
  node: 'Node ',
  service: 'Service ',
  queue: 'Queue ',
  rule: 'Rule ',
  channel: 'Channel ',
};
/** Units that a value is shown with. */
const UNIT = /_(?:seconds|percent|ms|days)$/;

/**
 * The sentence of an alert whose rule has no message: "Router Riverside has been down for 1 min", "Router X: avg loss over
 * 5 min is 34 % (> 20 %)".
 */
export function defaultMessage(condition: Condition, facts: MessageFacts): string {
  const comparison = facts.comparison ?? comparisonsOf(condition)[0]!.comparison;
  const who = `${KINDS[facts.targetKind] ?? ''}${facts.target}`;
  return oneLine(spoken(comparison, who, facts.value) ?? measured(comparison, who, facts.value));
}

/** What has a sentence of its own; null: nothing has. */
function spoken({ metric, op, value: limit }: Comparison, who: string, value: number | null): string | null {
  const rises = op === '>' || op === '>=';
  const isOne = (op === '==' && limit === 1) || (op === '>' && limit === 0) || (op === '>=' && limit === 1);
  const isZero = (op === '==' && limit === 0) || (op === '<' && limit === 1);
  if (rises && metric.endsWith('.down_seconds')) {
    return `${who} ${value === null ? 'is down' : `has been down for ${spanText(value)}`}`;
  }
  if (rises && metric.endsWith('.no_data_seconds')) {
    return `${who} has given no data${value === null ? '' : ` for ${spanText(value)}`}`;
  }
  if (isOne && metric.endsWith('_down')) return `${who} is down`;
  if (isOne && metric.endsWith('flapping')) return `${who} is flapping`;
  if (isOne && metric.endsWith('update_failed')) return `${who}: its last update has failed`;
  if (isZero && metric.endsWith('_up')) return `${who}: ${wordsOf(metric.replace(/_up$/, ''))} is down`;
  return null;
}

function measured(
  { metric, agg, window_seconds: window, op, value: limit }: Comparison,
  who: string,
  value: number | null,
) {
  const what = agg && agg !== 'last' ? `${agg} ${wordsOf(metric)} over ${spanText(window ?? 0)}` : wordsOf(metric);
  const now = value === null ? 'is unknown' : `is ${measureText(metric, value)}`;
  return `${who}: ${what} ${now} (${op} ${measureText(metric, limit)})`;
}

/** `icmp.loss_percent` is `loss`; the name of an SNMP item stays as people gave it. */
function wordsOf(metric: string): string {
  const name = metric.slice(metric.indexOf('.') + 1);
  return metric.startsWith('snmp.') ? name : name.replace(UNIT, '').replaceAll('_', ' ');
}
