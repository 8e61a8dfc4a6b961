import type { HistoryRange } from '../../metrics/signal-history.port.js';
import { invalid, type ProblemException } from '../../platform/http/problem.js';

const DAY_MS = 86_400_000;
const MAX_BACKTEST_DAYS = 31;

/**
 * What a request means by `from` and `to`; what lies ahead is cut off.
 * @throws ProblemException `validation_failed`
 */
export function backtestRange(
  asked: { from?: string | undefined; to?: string | undefined },
  now: number,
): HistoryRange {
  const to = Math.min(asked.to === undefined ? now : Date.parse(asked.to), now);
  const from = asked.from === undefined ? to - DAY_MS : Date.parse(asked.from);
  if (from >= to) throw refusal('Must be before `to`, and in the past.');
  if (from < 0) throw refusal('Must be after 1970-01-01.');
  if (to - from > MAX_BACKTEST_DAYS * DAY_MS) throw refusal(`Must be at most ${MAX_BACKTEST_DAYS} days before \`to\`.`);
  return { from, to };
}

function refusal(message: string): ProblemException {
  return invalid([{ path: 'from', message }]);
}
