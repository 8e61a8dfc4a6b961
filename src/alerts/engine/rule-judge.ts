import { NOT_APPLICABLE, signalKey } from '../../metrics/metric.js';
import type { Suppression } from './alert.js';
import { type Labels, labelsOf } from './alert-face.js';
import { nextCrossing } from './crossing.js';
import { ackKey, fingerprint, groupKeyOf } from './fingerprint.js';
import { globMatcher } from './glob.js';
import type { HoldBacks } from './hold-backs.js';
import { impliedRecovery } from './implied-recovery.js';
import { comparisonsOf } from './language/condition-parts.js';
import { type ColumnOf, compileCondition, signalsOf } from './language/compile-condition.js';
import type { PassInput, PassRule, StoredAlert } from './pass.js';
import { holdsBy, recoversBy } from './no-data.js';
import type { PassNews } from './pass-news.js';
import type { NoDataPolicy } from './rule.js';
import { RuleFaces } from './rule-faces.js';
import type { Silencing } from './silencing.js';
import type { TargetTable } from './targets.js';
import { inheritedAck, type Moment, transition } from './transition.js';

/** What all rules of a pass are judged by. */
export interface Surroundings {
  input: PassInput;
  table: TargetTable;
  /** Of devices only. */
  holdBacks: HoldBacks | null;
  silencing: Silencing;
}

const FLAPPING = /\.(flapping|flaps)$/;

/** One rule in one pass. */
export class RuleJudge {
  private readonly columnOf: ColumnOf;
  private readonly signals;
  private readonly columns;
  private readonly judge;
  private readonly recovery;
  private readonly faces: RuleFaces;
  private readonly asksForFlapping: boolean;
  /** A source of it failed to be read: what is unknown is so for that reason, and changes nothing. */
  private readonly isBlind: boolean;
  private readonly noData: NoDataPolicy;

  /** @throws whatever is wrong with the rule */
  constructor(
    private readonly rule: PassRule,
    private readonly around: Surroundings,
  ) {
    const { table, input } = around;
    const { condition } = rule;
    const columnOf = table.column.bind(table);
    this.columnOf = columnOf;
    const recoveryCondition = rule.recoveryCondition ?? impliedRecovery(condition);
    this.signals = signalsOf(condition);
    this.columns = this.signals.map(columnOf);
    this.judge = compileCondition(condition, columnOf);
    this.recovery = recoveryCondition && compileCondition(recoveryCondition, columnOf);
    this.faces = new RuleFaces(rule, columnOf, input.now);
    this.asksForFlapping = comparisonsOf(condition).some(({ comparison }) => FLAPPING.test(comparison.metric));
    const asked = recoveryCondition ? [...this.signals, ...signalsOf(recoveryCondition)] : this.signals;
    this.isBlind = asked.some((signal) => input.failedSignals.has(signalKey(signal)));
    this.noData = this.isBlind ? 'keep' : rule.noData;
  }

  /**
   * @param open its alerts
   * @param members rows of its targets: for devices those in its scope; for others all, unless it names some
   */
  run(open: readonly StoredAlert[], members: { rows: Int32Array; mask: Uint8Array }, news: PassNews): void {
    const rowsOfOpen = new Set<number>();
    for (const alert of open) {
      const row = alert.targetKind === this.rule.targetKind ? this.around.table.rowOf(alert) : undefined;
      if (row !== undefined) rowsOfOpen.add(row);
      this.stepOpen(alert, row, members.mask, news);
    }
    this.openNew(members.rows, rowsOfOpen, news);
    news.dueAt(this.around.input.now + nextCrossing(this.rule.condition, this.columnOf, members.rows));
  }

  private openNew(rows: Int32Array, rowsOfOpen: ReadonlySet<number>, news: PassNews): void {
    const { judge } = this;
    const opensUnknown = this.noData === 'alert';
    for (let index = 0; index < rows.length; index++) {
      const row = rows[index]!;
      const verdict = judge(row);
      if (verdict === false || (verdict === null && !opensUnknown)) continue;
      if (!rowsOfOpen.has(row) && this.applies(row)) this.open(row, news);
    }
    news.count(rows.length);
  }

  private open(row: number, news: PassNews): void {
    const { rule, around } = this;
    const { now, leftAcks } = around.input;
    const target = around.table.at(row);
    const labels = labelsOf(rule, target);
    const groupKey = groupKeyOf(rule, target);
    const print = fingerprint(rule.id, target, groupKey);
    const left = leftAcks.get(ackKey(rule.id, target.kind, target.key));
    const step = transition(null, rule, {
      now,
      holds: true,
      recovered: false,
      suppression: this.suppression(row, () => labels, null, true),
      inheritedAck: left ? inheritedAck(left.ack, left.resolvedAt, now) : null,
    });
    const said = this.faces.opening(row, target, labels);
    news.opens({ fingerprint: print, ruleId: rule.id, groupKey, ...said }, step);
    this.awaitMaintenance(row, step.state?.suppression ?? null, news);
  }

  private stepOpen(alert: StoredAlert, row: number | undefined, mask: Uint8Array, news: PassNews): void {
    const { table, input } = this.around;
    const isTarget = row !== undefined && mask[row] === 1 && this.applies(row);
    if (!isTarget) return this.endLost(alert, row, news);
    const target = table.at(row);
    const labels = memo(() => labelsOf(this.rule, target));
    const holds = holdsBy(this.noData, this.judge(row));
    const moment: Moment = {
      now: input.now,
      holds,
      recovered: this.recovery ? recoversBy(this.noData, this.recovery(row)) : holds === false,
      suppression: this.suppression(row, labels, alert.suppression, holds !== null),
      inheritedAck: this.left(alert),
    };
    const step = transition(alert, this.rule, moment);
    news.goesOn(alert, step, (isNews) => this.faces.fresh(alert, row, target, labels, isNews));
    this.awaitMaintenance(row, moment.suppression, news);
  }

  /** It is no target any more, unless that is only not known: nothing can be said of what could not be read. */
  private endLost(alert: StoredAlert, row: number | undefined, news: PassNews): void {
    const isOther = alert.targetKind !== this.rule.targetKind;
    const isRead = !this.isBlind && this.signals.some((signal) => this.around.table.has(signal));
    // Which devices there are is known without reading a value.
    if (row === undefined && !isOther && !isRead && alert.targetKind !== 'device') return this.keep(alert, news);
    news.ends(alert, row === undefined && !isOther ? 'target_gone' : 'out_of_scope', this.around.input.now);
  }

  /** All stays as it is, apart from acknowledgements and silences. */
  private keep(alert: StoredAlert, news: PassNews): void {
    const { silencing, input } = this.around;
    const suppression = silencing.of(() => alert.labels ?? {}, alert.suppression);
    const step = transition(alert, this.rule, { now: input.now, holds: null, recovered: null, suppression });
    news.goesOn(alert, step, () => null);
  }

  private left({ targetKind, targetKey, state }: StoredAlert) {
    const { leftAcks, now } = this.around.input;
    const left = state === 'pending' ? leftAcks.get(ackKey(this.rule.id, targetKind, targetKey)) : undefined;
    return left ? inheritedAck(left.ack, left.resolvedAt, now) : null;
  }

  /** Whether a metric of the condition says anything about the target. */
  private applies(row: number): boolean {
    return this.columns.some((column) => column[row] !== NOT_APPLICABLE);
  }

  private suppression(
    row: number,
    labels: () => Labels,
    before: Suppression | null,
    isKnown: boolean,
  ): Suppression | null {
    const { holdBacks, silencing } = this.around;
    return holdBacks?.of(row, this.asksForFlapping, before, isKnown) ?? silencing.of(labels, before);
  }

  private awaitMaintenance(row: number, suppression: Suppression | null, news: PassNews): void {
    if (suppression?.by === 'maintenance') news.dueAt(this.around.holdBacks?.maintenanceUntil(row) ?? Infinity);
  }
}

/** Which of other targets a rule is about. */
export function membersOf(rule: PassRule, table: TargetTable): { rows: Int32Array; mask: Uint8Array } {
  const names = rule.scope.kind === 'swarm' ? rule.scope.names?.map(globMatcher) : undefined;
  const isMember = (row: number) => !names || names.some((isLike) => isLike(table.at(row).name));
  const rows = Int32Array.from(Array(table.size).keys()).filter(isMember);
  const mask = new Uint8Array(table.size);
  for (const row of rows) mask[row] = 1;
  return { rows, mask };
}

/** Asks once. */
function memo<T>(ask: () => T): () => T {
  let known: { answer: T } | null = null;
  return () => (known ??= { answer: ask() }).answer;
}
