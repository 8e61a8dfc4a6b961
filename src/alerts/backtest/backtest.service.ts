import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { type HistoryPlan, type HistoryRange, SignalHistory } from '../../metrics/signal-history.port.js';
import { SignalSources } from '../../metrics/signal-sources.service.js';
import { ProblemException } from '../../platform/http/problem.js';
import { signalsOf } from '../engine/language/compile-condition.js';
import { printCondition } from '../engine/language/print-condition.js';
import { AlertRuleStore } from '../rules/alert-rules.store.js';
import { judgeRule } from '../rules/judge-rule.js';
import { readRule } from '../rules/read-rule.js';
import { RuleContexts } from '../rules/rule-contexts.service.js';
import type { RuleValues } from '../rules/rule-row.js';
import { BacktestDevices } from './backtest-devices.store.js';
import { backtestRange } from './backtest-range.js';
import { BacktestTally } from './backtest-tally.js';
import type { BacktestDto, BacktestQuery } from './backtest.dto.js';
import { Replay } from './replay-device.js';

/** Pieces of history that one backtest may read: some 10 s. */
const MAX_PIECES = 1_500_000;
/** Of those, held at once: other requests wait while they are replayed. */
const PIECES_AT_ONCE = 25_000;
const DEVICES_AT_ONCE = 500;
const LIMIT_MS = 20_000;
/** Each takes a connection and much of a processor. */
const AT_ONCE = 2;

const LEFT_OUT = 'Maintenance, silences, parents and flapping are left out: they would have told less.';
const DATED = 'What was down counts from the first failed probe on, and is over with the first good one.';
const MEANS =
  'Loss and round trips are means of five minutes: shorter peaks, and the last values, are not there any more.';

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
    return this.replay(await this.rules.one(id), query);
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
    const began = performance.now();
    const now = await this.devices.now();
    const range = backtestRange(query, now);
    const replay = new Replay(replayed(rule), range);
    const scope = this.scopeOf(rule);
    const devices = await this.devices.in(scope);
    const plan = this.history.plan(replay.signals, range, now);
    refuseTooLarge(devices.length, plan, range);
    const tally = new BacktestTally(range, rule.group_by);
    const atOnce = Math.max(1, Math.min(DEVICES_AT_ONCE, Math.floor(PIECES_AT_ONCE / plan.piecesPerDevice)));
    let evaluated = 0;
    for (let place = 0; place < devices.length; place += atOnce) {
      if (performance.now() - began > LIMIT_MS) throw tooLarge(`It took longer than ${LIMIT_MS / 1_000} s.`);
      const some = devices.slice(place, place + atOnce);
      const nums = some.map(({ num }) => num);
      const tracks = await this.history.read(nums, replay.signals, range, plan.resolution);
      for (const device of some) {
        const own = tracks.get(device.num);
        // Nothing of the condition applies to it: it is no target.
        if (!own?.some((track) => track !== null)) continue;
        evaluated++;
        tally.add(device, replay.run(own));
      }
    }
    const { alerts, truncated, totals } = tally.result();
    return {
      expression: printCondition(rule.condition),
      from: new Date(range.from).toISOString(),
      to: new Date(range.to).toISOString(),
      resolution: plan.resolution,
      alerts,
      truncated,
      totals: { ...totals, devices_evaluated: evaluated },
      notes: [DATED, LEFT_OUT, ...(plan.resolution === '5m' ? [MEANS] : [])],
    };
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

function refuseTooLarge(devices: number, { piecesPerDevice }: HistoryPlan, { from, to }: HistoryRange): void {
  const pieces = devices * piecesPerDevice;
  if (pieces <= MAX_PIECES) return;
  const hours = Math.floor(((to - from) / 3_600_000) * (MAX_PIECES / pieces));
  const most = Math.floor(MAX_PIECES / piecesPerDevice);
  throw tooLarge(
    `${devices} devices have some ${pieces} values in that time, ${MAX_PIECES} are the most. `,
    hours,
    most,
  );
}

function tooLarge(reason: string, hours = 0, devices = 0): ProblemException {
  const most = devices > 0 && hours > 0 ? `at most ${hours} h, or a scope with at most ${devices} devices` : '';
  const detail = `${reason.trim()} Ask for ${most || 'a shorter time, or give the rule a scope with fewer devices'}.`;
  return new ProblemException('backtest_too_large', { detail });
}
