import type { Condition } from '../../alerts/engine/condition.js';
import { ConditionError } from '../../alerts/engine/language/condition-problem.js';
import { translateOldExpression } from '../../alerts/engine/language/old-expressions.js';
import { parseCondition } from '../../alerts/engine/language/parse-condition.js';
import type { Severity } from '../../alerts/severity.js';
import type { OldRule } from './old-rows.js';
import { asUuid, text, unique } from './old-values.js';
import type { LeftBehind, MoveRules } from './move-terms.js';

export interface NewRule {
  id: string;
  name: string;
  description: string | null;
  enabled: boolean;
  severity: Severity;
  expression: string;
  condition: Condition;
  /** What it is about: one device, or those of a site and a group, or all. */
  device_id: string | null;
  site: { id: string; name: string } | null;
  group: string | null;
  /** Names. */
  channels: string[];
  /** What deserves a look. */
  notes: string[];
}

/** What moves in and can be referred to. */
export interface Places {
  devices: ReadonlySet<string>;
  /** Names by id. */
  sites: ReadonlyMap<string, string>;
}

const SEVERITIES: ReadonlyMap<string, Severity> = new Map<string, Severity>([
  ['critical', 'critical'],
  ['fatal', 'critical'],
  ['emergency', 'critical'],
  ['high', 'high'],
  ['error', 'high'],
  ['major', 'high'],
  ['medium', 'medium'],
  ['warning', 'medium'],
  ['warn', 'medium'],
  ['low', 'low'],
  ['minor', 'low'],
  ['info', 'info'],
  ['information', 'info'],
  ['notice', 'info'],
]);

/** What becomes of the old alert rules. What cannot be translated is left out and told, rather than moved in to watch nothing. */
export function planRules(
  old: readonly OldRule[],
  places: Places,
  { conditionFault }: Pick<MoveRules, 'conditionFault'>,
  leftBehind: LeftBehind[],
): NewRule[] {
  const names = new Set<string>();
  const rules: NewRule[] = [];
  // In a stable order, so that names are made unique alike in every run.
  const sorted = [...old].sort((a, b) => (String(a.id) < String(b.id) ? -1 : 1));
  for (const rule of sorted) {
    const name = text(rule.name, 180) ?? `Rule ${rule.id}`;
    try {
      const moved = moveRule(rule, places, conditionFault);
      rules.push({ ...moved, name: unique(name, names) });
    } catch (error) {
      const reason =
        error instanceof ConditionError
          ? `its expression ${shown(rule.expression)} cannot be translated. ${error.message}`
          : (error as Error).message;
      leftBehind.push({ what: 'alert rule', name, reason });
    }
  }
  return rules;
}

function moveRule(old: OldRule, places: Places, conditionFault: MoveRules['conditionFault']): Omit<NewRule, 'name'> {
  const word = (old.severity ?? '').trim().toLowerCase();
  const severity = SEVERITIES.get(word) ?? 'medium';
  const { expression, note } = translateOldExpression(old.expression ?? '');
  const condition = parseCondition(expression);
  const fault = conditionFault(condition);
  if (fault) throw new Error(`its expression ${shown(old.expression)} cannot be evaluated: ${fault}`);
  const recipients = words(old.notification_recipients);
  return {
    id: asUuid('alert rule', old.id),
    description: text(old.description, 2_000),
    enabled: old.enabled ?? true,
    severity,
    expression,
    condition,
    ...placeOf(old, places),
    channels: words(old.notification_channels),
    notes: [
      ...(note ? [note] : []),
      ...(SEVERITIES.has(word) || word === '' ? [] : [`its severity ${shown(word)} is medium here.`]),
      ...(recipients.length > 0
        ? [`its recipients ${recipients.slice(0, 10).join(', ')} stay behind: name them in a channel.`]
        : []),
    ],
  };
}

function placeOf(old: OldRule, { devices, sites }: Places): Pick<NewRule, 'device_id' | 'site' | 'group'> {
  const device = old.device_id ? asUuid('device', old.device_id) : null;
  if (device && !devices.has(device)) throw new Error('its device does not move in.');
  // One device says more than where it is.
  if (device) return { device_id: device, site: null, group: null };
  const id = old.branch_id ? asUuid('branch', old.branch_id) : null;
  const name = id && sites.get(id);
  if (id && !name) throw new Error('its branch does not move in.');
  return { device_id: null, site: id && name ? { id, name } : null, group: text(old.device_group, 200) };
}

/** Texts of a JSON column: a list, a text that is one, or objects that have a name. */
function words(value: unknown): string[] {
  const list = typeof value === 'string' ? listIn(value) : Array.isArray(value) ? value : [];
  const texts = list.map((item: unknown) => {
    if (typeof item === 'string') return text(item, 200);
    const { name, email, type } = (typeof item === 'object' && item !== null ? item : {}) as Record<string, unknown>;
    const own = [name, email, type].find((each) => typeof each === 'string');
    return text(own as string | undefined, 200);
  });
  return [...new Set(texts.filter((each) => each !== null))].slice(0, 50);
}

function listIn(value: string): unknown[] {
  try {
    const parsed: unknown = JSON.parse(value);
    return Array.isArray(parsed) ? parsed : [value];
  } catch {
    return value.split(',');
  }
}

function shown(value: string | null): string {
  return JSON.stringify((value ?? '').slice(0, 200));
}
