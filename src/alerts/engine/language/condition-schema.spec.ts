import { conditionSchema } from './condition-schema.js';

const good = { metric: 'icmp.rtt_ms', op: '>', value: 1 };

const times = (count: number, value: unknown) => Array.from({ length: count }, () => value);

function faults(value: unknown): [path: string, message: string][] {
  const result = conditionSchema.safeParse(value);
  return result.success ? [] : result.error.issues.map(({ path, message }) => [path.join('.'), message]);
}

function nested(levels: number): unknown {
  let node: unknown = good;
  for (let level = 1; level < levels; level++) node = level % 2 ? { all: [node, good] } : { any: [node, good] };
  return node;
}

describe('conditionSchema', () => {
  it('gives the normalised tree', () => {
    expect(conditionSchema.parse({ all: [{ ...good, agg: 'last' }] })).toEqual(good);
    expect(conditionSchema.parse({ all: [good, { all: [good, { not: { not: good } }] }] })).toEqual({
      all: [good, good, good],
    });
    expect(conditionSchema.parse({ ...good, value: -0 })).toEqual({ ...good, value: 0 });
  });

  it.each<[unknown, string, RegExp]>([
    [undefined, '', /^Must be a comparison, or an object with one of: all, any, not/],
    ['icmp.rtt_ms > 1', '', /^Must be a comparison/],
    [[good], '', /^Must be a comparison/],
    [{ all: [] }, 'all', /^Must be a list/],
    [{ all: good }, 'all', /^Must be a list/],
    [{ all: [good], any: [good] }, '', /^Must have nothing beside all, not even "any"/],
    [{ not: good, op: '>' }, '', /^Must have nothing beside not, not even "op"/],
    [{ not: null }, 'not', /^Must be a comparison/],
    [{ any: [good, { ...good, op: '=' }] }, 'any.1.op', /^Must be one of: >, >=, <, <=, ==, !=\.$/],
    [{ any: [good, { not: { ...good, value: '5' } }] }, 'any.1.not.value', /^Must be a number/],
    [{ ...good, value: Number.NaN }, 'value', /^Must be a number/],
    [{ ...good, value: Number.POSITIVE_INFINITY }, 'value', /^Must be a number/],
    [{ ...good, value: 1e16 }, 'value', /^Must be a number/],
    [{ ...good, metric: 'rtt' }, 'metric', /^Must be the name of a metric/],
    [{ ...good, metric: `snmp.${'x'.repeat(300)}` }, 'metric', /^Must be the name of a metric/],
    [{ ...good, agg: 'sum' }, 'agg', /^Must be one of: last, avg, min, max, rate/],
    [{ ...good, agg: 'avg', window_seconds: 1.5 }, 'window_seconds', /^Must be a whole number of seconds/],
    [{ ...good, agg: 'avg', window_seconds: 1e12 }, 'window_seconds', /^Must be a whole number of seconds/],
    [{ ...good, window: 5 }, 'window', /^Unknown field\. Valid: metric, agg, window_seconds, op, value\.$/],
    [JSON.parse('{"__proto__": {}, "metric": "a.b", "op": ">", "value": 1}'), '__proto__', /^Unknown field/],
    [{ constructor: 1 }, 'constructor', /^Unknown field/],
    [{ all: times(51, good) }, 'all', /^A condition has at most 50 comparisons/],
    [{ any: [{ all: times(30, good) }, { all: times(30, good) }] }, 'any.1.all.20', /^A condition has at most 50/],
    [nested(17), `${'any.0.all.0.'.repeat(8)}`.slice(0, -1), /^Must be nested at most 16 deep/],
    [
      { any: times(50, { ...good, metric: `snmp.${'x'.repeat(100)}` }) },
      '',
      /^Has more than 4000 characters as a text/,
    ],
  ])('refuses %j at "%s"', (value, path, message) => {
    expect(faults(value)[0]).toEqual([path, expect.stringMatching(message)]);
  });

  it('takes what is as deep as may be', () => {
    expect(faults(nested(16))).toEqual([]);
  });

  it.each<[string, () => unknown]>([
    ['a tree of 100,000 levels', () => nested(100_000)],
    ['a list of 1,000,000', () => ({ all: times(1_000_000, {}) })],
    [
      'lists of lists',
      () => {
        let node: unknown = {};
        for (let level = 0; level < 15; level++) {
          const inner = node;
          node = { all: times(50, inner) };
        }
        return node;
      },
    ],
    ['many fields', () => Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`f${index}`, 1]))],
  ])('answers within bounds to %s', (_name, make) => {
    const value = make();
    const began = performance.now();
    const found = faults(value);
    // Half a second at most; the rest is for a busy machine.
    expect(performance.now() - began).toBeLessThan(10_000);
    expect(found.length).toBeGreaterThan(0);
    expect(found.length).toBeLessThanOrEqual(20);
  });
});
