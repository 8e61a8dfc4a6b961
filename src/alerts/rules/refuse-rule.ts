import type { MetricDefinition } from '../../metrics/metric.js';
import { ProblemException } from '../../platform/http/problem.js';
import type { JudgedRule } from './judge-rule.js';
import type { RuleValues } from './rule-row.js';

/** Of problems of several kinds, the first of these is the code. */
const CODES = ['invalid_condition', 'invalid_message', 'validation_failed'] as const;

/** @throws ProblemException `invalid_condition`, `invalid_message`, `validation_failed` */
export function acceptedValues(judged: JudgedRule, catalogue: readonly MetricDefinition[]): RuleValues {
  const { values, problems } = judged;
  if (values) return values;
  const code = CODES.find((each) => problems.some((problem) => problem.code === each)) ?? 'validation_failed';
  const errors = problems.map(({ code: _code, path, message, ...place }) => ({ path, message, ...place }));
  const [first] = problems.filter((problem) => problem.code === code);
  const place = first?.position === undefined ? '' : `, position ${first.position}`;
  const detail = first && `${first.path}${place}: ${first.message}`;
  const metrics = code === 'invalid_condition' ? catalogue.map(({ name }) => name) : undefined;
  throw new ProblemException(code, { ...(detail && { detail }), errors, ...(metrics && { metrics }) });
}
