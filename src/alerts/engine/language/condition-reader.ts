import { AGGREGATIONS, type Aggregation } from '../../../metrics/metric.js';
import { type Comparison, type Condition, CONDITION_LIMITS, OPERATORS, type Operator } from '../condition.js';
import { ConditionError } from './condition-problem.js';
import type { Token } from './condition-tokens.js';
import { SECONDS_OF } from './duration-text.js';
import { isMetricName, METRIC_LENGTH, unitsOf } from './metric-name.js';
import { allOf, anyOf, notOf } from './normalise-condition.js';
import { oldMetric, type OldMetric, translateOld } from './old-metrics.js';

/** Where something is in a text. */
export interface Span {
  position: number;
  length: number;
}

/** Where a comparison and its parts are; parts that are not written are absent. */
type ComparisonSpans = { whole: Span; metric: Span } & { [part in keyof Comparison]?: Span };

type Measured = Pick<Comparison, 'metric' | 'agg' | 'window_seconds'>;

const COMPARISON = 'a comparison such as icmp.rtt_ms > 100';

/** Reads tokens by recursive descent, how deep is bounded. Every mistake is a ConditionError. */
export class ConditionReader {
  readonly spans = new Map<Comparison, ComparisonSpans>();
  /** What old expressions mean, where that deserves a look. */
  readonly notes: string[] = [];
  private next = 0;
  private nesting = 0;
  private comparisons = 0;

  constructor(private readonly tokens: readonly Token[]) {}

  read(): Condition {
    const condition = this.readAny();
    this.take('end', '"and", "or" or the end');
    return condition;
  }

  private readAny(): Condition {
    const parts = [this.readAll()];
    while (this.skip('or')) parts.push(this.readAll());
    return anyOf(parts);
  }

  private readAll(): Condition {
    const parts = [this.readPart()];
    while (this.skip('and')) parts.push(this.readPart());
    return allOf(parts);
  }

  private readPart(): Condition {
    const { kind } = this.token;
    if (kind !== 'not' && kind !== '(') return this.readComparison();
    if (++this.nesting > CONDITION_LIMITS.depth) {
      fail(this.token, `Parentheses and "not" can be nested ${CONDITION_LIMITS.depth} deep.`);
    }
    this.next++;
    const inner = kind === 'not' ? notOf(this.readPart()) : this.readAny();
    if (kind === '(') this.take(')', '"and", "or" or ")"');
    this.nesting--;
    return inner;
  }

  private readComparison(): Condition {
    const name = this.take('name', `${COMPARISON}, "not" or "("`);
    if (++this.comparisons > CONDITION_LIMITS.comparisons) {
      fail(name, `A condition has at most ${CONDITION_LIMITS.comparisons} comparisons.`);
    }
    const old = oldMetric(name.text);
    if (old) return this.readOld(name, old);
    const { measured, spans } = this.token.kind === '(' ? this.readAggregation(name) : this.readMetric(name);
    const op = this.readOperator(name);
    const { value, token } = this.readValue(unitsOf(measured.metric), measured.metric);
    const comparison: Comparison = { ...measured, op: op.text as Operator, value };
    this.spans.set(comparison, { ...spans, op: spanOf(op), value: spanOf(token), whole: spanOf(name, token) });
    return comparison;
  }

  private readMetric(name: Token): { measured: Measured; spans: { metric: Span } } {
    if (!name.text.includes('.')) fail(name, `Expected ${COMPARISON}, found "${name.text}".`);
    if (!isMetricName(name.text)) {
      fail(name, `A metric has at most ${METRIC_LENGTH} characters and no control characters.`);
    }
    return { measured: { metric: name.text }, spans: { metric: spanOf(name) } };
  }

  /** `avg(icmp.rtt_ms, 5m)`; the name before the parenthesis was taken. */
  private readAggregation(name: Token): { measured: Measured; spans: Omit<ComparisonSpans, 'whole'> } {
    const agg = AGGREGATIONS.find((known) => known === name.text.toLowerCase());
    if (!agg) fail(name, `Expected one of ${AGGREGATIONS.join(', ')} before "(", found "${name.text}".`);
    this.take('(', '"("');
    const { measured, spans } = this.readMetric(this.take('name', 'a metric such as icmp.rtt_ms'));
    if (agg === 'last') {
      if (this.token.kind === ',') fail(this.token, 'last is of now: it has no window.');
      this.take(')', '")"');
      return { measured, spans: { ...spans, agg: spanOf(name) } };
    }
    const missing = `${agg} needs a window, such as ${agg}(${measured.metric}, 5m)`;
    if (this.token.kind === ')') fail(this.token, `${missing}.`);
    this.take(',', `"," (${missing})`);
    const window = this.readWindow();
    this.take(')', '")"');
    return {
      measured: { ...measured, agg: agg satisfies Aggregation, window_seconds: window.seconds },
      spans: { ...spans, agg: spanOf(name), window_seconds: window.span },
    };
  }

  private readWindow(): { seconds: number; span: Span } {
    const token = this.take('number', 'a window such as 30s, 5m or 1h');
    const size = SECONDS_OF.get(token.unit!);
    const seconds = token.value! * (size ?? Number.NaN);
    if (!Number.isSafeInteger(seconds) || seconds < 1) {
      fail(token, `A window is a whole number of s, m, h or d, such as 5m; found "${token.text}${token.unit}".`);
    }
    return { seconds, span: spanOf(token) };
  }

  private readOperator(metric: Token): Token {
    const hint =
      this.token.kind === 'name' && metric.text.startsWith('snmp.')
        ? ' (names with spaces are quoted: snmp."CPU load")'
        : '';
    return this.take('operator', `one of ${OPERATORS.join(' ')}${hint}`);
  }

  private readValue(units: ReadonlyMap<string, number>, metric: string): { value: number; token: Token } {
    const token = this.take('number', 'a number');
    const factor = token.unit === '' ? 1 : units.get(token.unit!);
    if (factor === undefined) {
      const known = units.size > 0 ? ` or with one of ${[...units.keys()].join(', ')}` : '';
      fail(token, `Expected a plain number${known} for ${metric}, found "${token.text}${token.unit}".`);
    }
    const value = token.value! * factor;
    if (Math.abs(value) > CONDITION_LIMITS.value) fail(token, 'The number is too large.');
    // There is no negative zero in JSON.
    return { value: value === 0 ? 0 : value, token };
  }

  private readOld(name: Token, old: OldMetric): Condition {
    const alone = old.alone !== undefined && this.token.kind !== 'operator';
    const op = alone ? undefined : this.readOperator(name);
    const { value, token } = alone ? { value: old.alone!, token: name } : this.readValue(old.units, name.text);
    const { condition, comparisons, note } = translateOld(old, (op?.text ?? '>=') as Operator, value);
    this.comparisons += comparisons.length - 1;
    if (note !== null) this.notes.push(note);
    for (const comparison of comparisons) {
      this.spans.set(comparison, {
        whole: spanOf(name, token),
        metric: spanOf(name),
        op: spanOf(op ?? name),
        value: spanOf(token),
      });
    }
    return condition;
  }

  private get token(): Token {
    return this.tokens[this.next]!;
  }

  private skip(kind: Token['kind']): boolean {
    if (this.token.kind !== kind) return false;
    this.next++;
    return true;
  }

  private take(kind: Token['kind'], expected: string): Token {
    const { token } = this;
    if (token.kind !== kind) {
      const found = token.kind === 'end' ? 'the end' : `"${token.text}"`;
      fail(token, `Expected ${expected}, found ${found}.`);
    }
    this.next++;
    return token;
  }
}

function spanOf(first: Token, last: Token = first): Span {
  return { position: first.position, length: last.position + last.length - first.position };
}

function fail({ position, length }: Span, message: string): never {
  throw new ConditionError([{ position, ...(length > 0 && { length }), message }]);
}
