import { setImmediate as breathe } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import {
  type HistoryPlan,
  type HistoryRange,
  type HistoryResolution,
  SignalHistory,
} from '../../metrics/signal-history.port.js';
import { SignalSources } from '../../metrics/signal-sources.service.js';
import { ProblemException } from '../../platform/http/problem.js';
import { signalsOf } from '../engine/language/compile-condition.js';
import { printCondition } from '../engine/language/print-condition.js';
import { AlertRuleStore } from '../rules/alert-rules.store.js';
import { judgeRule } from '../rules/judge-rule.js';
import { readRule } from '../rules/read-rule.js';
import { RuleContexts } from '../rules/rule-contexts.service.js';
import type { RuleValues } from '../rules/rule-row.js';
import { readStoredCondition } from '../rules/stored-rule-parts.js';
import { BacktestDevices } from './backtest-devices.store.js';
import { backtestRange } from './backtest-range.js';
import { type BacktestDevice, BacktestTally } from './backtest-tally.js';
import type { BacktestDto, BacktestQuery } from './backtest.dto.js';
import { deviceBatches } from './device-batches.js';
import { Replay } from './replay-device.js';

/** Pieces of history that one backtest may read: some 10 s. */
const MAX_PIECES = 1_500_000;
/** Of those, held at once: more are sorted on disk by PostgreSQL. */
const AT_ONCE_OF = { pieces: 40_000, devices: 1_000 };
/** Other requests are let in after so long. */
const BREATH_MS = 10;
const LIMIT_MS = 20_000;
/** Each takes a connection and much of a processor. */
const AT_ONCE = 2;

const HELD_BACK =
  'Maintenance as it was then, and parents that explained that a device did not answer, held alerts back.';
const LEFT_OUT = 'Silences and flapping are left out: they would have told less.';
const DATED = 'What was down counts from the first failed probe on, and is over with the first good one.';
const MEANS =
  'Loss and round trips are means of five minutes: shorter peaks, and the last values, are not there any more.';

type Found = ReturnType<BacktestTally['result']>;

interface Run {
  range: HistoryRange;
  resolution: HistoryResolution;
  tally: BacktestTally;
  /** By performance.now(). */
  deadline: number;
}

/** What a rule would have fired on the history. Changes nothing. */
@Injectable()
export class Backtests {
  private running = 0;

  constructor(
    private readonly database: DataSource,
    private readonly rules: AlertRuleStore,
    private readonly contexts: RuleContexts,
    private readonly devices: BacktestDevices,
    private readonly sources: SignalSources,
    private readonly history: SignalHistory,
  ) {}

  /** @throws ProblemException `alert_rule_not_found`, and those of {@link replay} */
  async ofRule(id: string, query: BacktestQuery): Promise<BacktestDto> {
    const rule = await this.rules.one(id);
    refuseUnreadable(rule);
    return this.replay(rule, query);
  }

  /** @throws ProblemException `validation_failed`, `invalid_condition`, and those of {@link replay} */
  async ofBody(body: Record<string, unknown>, query: BacktestQuery): Promise<BacktestDto> {
    const read = readRule({ name: 'A rule', ...body });
    if ('errors' in read) throw new ProblemException('validation_failed', { errors: read.errors });
    // Who would be told makes no difference.
    const { channels: _, ...changes } = read.rule;
    const context = await this.contexts.load(this.database.manager, new Map(), [], [changes]);
    const { values, problems } = judgeRule(changes, null, context);
    if (!values) throw new ProblemException(problems[0]?.code ?? 'invalid_condition', { errors: problems });
    return this.replay(values, query);
  }

  /** @throws ProblemException `backtest_without_history`, `backtest_too_large`, `backtest_busy` */
  private async replay(rule: RuleValues, query: BacktestQuery): Promise<BacktestDto> {
    if (this.running >= AT_ONCE) throw new ProblemException('backtest_busy', { headers: { 'retry-after': '10' } });
    this.running++;
    try {
      return await this.run(rule, query);
    } finally {
      this.running--;
    }
  }

  private async run(rule: RuleValues, query: BacktestQuery): Promise<BacktestDto> {
    const deadline = performance.now() + LIMIT_MS;
    const now = await this.devices.now();
    const range = backtestRange(query, now);
    const replay = new Replay(replayed(rule), range);
    const scope = this.scopeOf(rule);
    const devices = await this.devices.in(scope);
    const plan = await this.history.plan(
      devices.map(({ num }) => num),
      replay.signals,
      range,
      now,
    );
    refuseTooLarge(plan, range);
    const tally = new BacktestTally(range, rule.group_by);
    for (const batch of deviceBatches(devices, plan.pieces, AT_ONCE_OF)) {
      refuseTooLong(deadline);
      await this.play(batch, replay, { range, resolution: plan.resolution, tally, deadline });
    }
    const found = tally.result(plan.keptFrom);
    return {
      expression: printCondition(rule.condition),
      from: new Date(range.from).toISOString(),
      to: new Date(range.to).toISOString(),
      resolution: plan.resolution,
      ...found,
      notes: [DATED, HELD_BACK, LEFT_OUT, ...(plan.resolution === '5m' ? [MEANS] : []), ...gaps(found, range)],
    };
  }

  private async play(devices: readonly BacktestDevice[], replay: Replay, run: Run): Promise<void> {
    const byNum = new Map(devices.map((device) => [device.num, device]));
    const histories = await this.history.read([...byNum.keys()], replay.signals, run.range, run.resolution);
    let breathed = performance.now();
    for (const { num, beganAt, tracks, heldBack } of histories) {
      // Nothing of the condition applies to it: it is no target.
      if (!replay.applies(tracks)) continue;
      run.tally.add(byNum.get(num)!, replay.run(tracks, heldBack), beganAt);
      refuseTooLong(run.deadline);
      if (performance.now() - breathed < BREATH_MS) continue;
      await breathe();
      breathed = performance.now();
    }
  }

  private scopeOf({ scope, condition, recovery_condition }: RuleValues) {
    const conditions = recovery_condition ? [condition, recovery_condition] : [condition];
    const metrics = conditions.flatMap(signalsOf).map(({ metric }) => metric);
    const missing = [...new Set(metrics)].filter((metric) => !this.sources.find(metric)?.hasHistory);
    if (scope.kind === 'devices' && missing.length === 0) return scope;
    const detail = `There is no history of ${missing.join(', ')}. GET /api/v1/alert-rules/metrics says of which there is.`;
    throw new ProblemException('backtest_without_history', missing.length > 0 ? { detail } : {});
  }
}

function refuseUnreadable({ condition, recovery_condition: recovery }: RuleValues): void {
  if ((recovery === null ? [condition] : [condition, recovery]).every(readStoredCondition)) return;
  const detail = 'The rule is broken, see its broken_reason: there is nothing to be replayed.';
  throw new ProblemException('backtest_without_history', { detail });
}

function replayed(rule: RuleValues) {
  return {
    condition: rule.condition,
    recoveryCondition: rule.recovery_condition,
    noData: rule.no_data,
    forSeconds: rule.for_seconds,
    recoveryForSeconds: rule.recovery_for_seconds,
    keepFiringSeconds: rule.keep_firing_seconds,
  };
}

/** What of the range is not known. */
function gaps({ history_from: historyFrom, known_percent: known }: Found, { from }: HistoryRange): string[] {
  if (known === null) return [];
  if (historyFrom === null) return ['There is no history of these devices.'];
  return [
    ...(Date.parse(historyFrom) > from ? [`There is no history of before ${historyFrom}.`] : []),
    ...(known < 100
      ? [`What the condition asks for is known for ${known} % of the time; the rest went by no_data.`]
      : []),
  ];
}

function refuseTooLarge({ pieces }: HistoryPlan, { from, to }: HistoryRange): void {
  const all = pieces.reduce((sum, own) => sum + own, 0);
  if (all <= MAX_PIECES) return;
  const hours = Math.floor(((to - from) / 3_600_000) * (MAX_PIECES / all));
  const most = Math.floor(MAX_PIECES / (all / pieces.length));
  throw tooLarge(
    `${pieces.length} devices have some ${all} values in that time, ${MAX_PIECES} are the most. `,
    hours,
    most,
  );
}

function refuseTooLong(deadline: number): void {
  if (performance.now() > deadline) throw tooLarge(`It took longer than ${LIMIT_MS / 1_000} s.`);
}

function tooLarge(reason: string, hours = 0, devices = 0): ProblemException {
  const most = devices > 0 && hours > 0 ? `at most ${hours} h, or a scope with at most ${devices} devices` : '';
  const detail = `${reason.trim()} Ask for ${most || 'a shorter time, or give the rule a scope with fewer devices'}.`;
  return new ProblemException('backtest_too_large', { detail });
}
