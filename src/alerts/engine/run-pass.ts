import type { TargetKind } from '../../metrics/metric.js';
import type { Resolution } from './alert.js';
import { HoldBacks } from './hold-backs.js';
import { membersOf, RuleJudge, type Surroundings } from './rule-judge.js';
import { PassNews } from './pass-news.js';
import type { PassInput, PassOutcome, PassRule, StoredAlert } from './pass.js';
import { Silencing } from './silencing.js';
import { DeviceTable, OtherTable } from './targets.js';

/** Judges all rules for all targets, and says what is to be written. A rule that breaks stops no other. */
export function runPass(input: PassInput): PassOutcome {
  const outcome = emptyOutcome();
  const surroundings = surroundingsOf(input);
  const open = byRule(input.open);
  for (const rule of input.rules) {
    const alerts = open.get(rule.id) ?? [];
    if (rule.enabled) runRule(rule, alerts, input, surroundings, outcome);
    else endAll(alerts, rule.brokenReason === null ? 'rule_disabled' : 'rule_broken', input.now, outcome);
  }
  endAll(open.get(null) ?? [], 'rule_deleted', input.now, outcome);
  const { changesAt } = surroundings('device').silencing;
  if (changesAt < (outcome.nextDueAt ?? Infinity)) outcome.nextDueAt = changesAt;
  return outcome;
}

function runRule(
  rule: PassRule,
  alerts: readonly StoredAlert[],
  input: PassInput,
  surroundings: (kind: TargetKind) => Surroundings,
  outcome: PassOutcome,
): void {
  const news = new PassNews(input.now);
  try {
    const fault = input.faults?.get(rule.id);
    if (fault !== undefined) throw new Error(fault);
    const around = surroundings(rule.targetKind);
    const members = rule.targetKind === 'device' ? input.inventory.members(rule.id) : membersOf(rule, around.table);
    if (!members) return;
    new RuleJudge(rule, around).run(alerts, members, news);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    // Its alerts stay until it is switched off: somebody may have mended it meanwhile.
    outcome.broken.push({ ruleId: rule.id, version: rule.version, reason });
    return;
  }
  outcome.tally.rules++;
  news.addTo(outcome);
}

function endAll(alerts: readonly StoredAlert[], resolution: Resolution, now: number, outcome: PassOutcome): void {
  if (alerts.length === 0) return;
  const news = new PassNews(now);
  for (const alert of alerts) news.ends(alert, resolution, now);
  news.addTo(outcome);
}

/** What rules about one kind of target are judged by, made when the first of them needs it. */
function surroundingsOf(input: PassInput): (kind: TargetKind) => Surroundings {
  const silencing = new Silencing(input.silences, input.now);
  const made = new Map<TargetKind, Surroundings>();
  return (kind) => {
    const known = made.get(kind) ?? { input, silencing, ...targetsOf(kind, input) };
    made.set(kind, known);
    return known;
  };
}

function targetsOf(kind: TargetKind, input: PassInput): Pick<Surroundings, 'table' | 'holdBacks'> {
  if (kind !== 'device') return { table: new OtherTable(kind, input.readings), holdBacks: null };
  const table = new DeviceTable(input.inventory, input.readings);
  return { table, holdBacks: new HoldBacks(input.inventory, table, input.maintenance) };
}

function byRule(alerts: readonly StoredAlert[]): Map<string | null, StoredAlert[]> {
  const sorted = new Map<string | null, StoredAlert[]>();
  for (const alert of alerts) {
    const same = sorted.get(alert.ruleId);
    if (same) same.push(alert);
    else sorted.set(alert.ruleId, [alert]);
  }
  return sorted;
}

function emptyOutcome(): PassOutcome {
  return {
    opened: [],
    changed: [],
    resolved: [],
    dropped: [],
    broken: [],
    nextDueAt: null,
    tally: { rules: 0, verdicts: 0 },
  };
}
