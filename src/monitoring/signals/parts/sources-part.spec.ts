import { EvaluatorStatus } from '../../../alerts/evaluator/evaluator-status.service.js';
import { INSTALLATION } from '../sample.js';
import { SourcesPart } from './sources-part.service.js';

const PASS = { durationMs: 1, rules: 1, targets: 1, firing: 0, pending: 0, fired: 0, resolved: 0 };
const failed = (value: number) => [{ metric: 'self.sources_failed', target: INSTALLATION, value }];

it('tells what the evaluator could not read, where one judges', async () => {
  const evaluator = new EvaluatorStatus();
  const part = new SourcesPart(evaluator);
  expect(await part.take()).toEqual([]);
  evaluator.passed(PASS, 0, { sources: 2, ms: 90_000 });
  expect(await part.take()).toEqual(failed(2));
  expect(evaluator.lastPassAgeMs(1)).toBeNull();
  evaluator.passed(PASS, 0);
  expect(await part.take()).toEqual(failed(0));
  expect(evaluator.lastPassAgeMs(1)).toBe(1);
  evaluator.ended();
  expect(await part.take()).toEqual([]);
});
