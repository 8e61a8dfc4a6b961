import { type Condition, CONDITION_LIMITS } from '../condition.js';
import { ConditionError, type TextProblem } from './condition-problem.js';
import { parseCondition, positionsOf } from './parse-condition.js';
import { printCondition } from './print-condition.js';

const loss = { metric: 'icmp.loss_percent', agg: 'avg', window_seconds: 300, op: '>', value: 20 } as const;
const rtt = { metric: 'icmp.rtt_ms', op: '>', value: 100 } as const;
const down = { metric: 'tcp.down_seconds', op: '>=', value: 60 } as const;

function problemsOf(text: string): TextProblem[] {
  try {
    parseCondition(text);
  } catch (error) {
    if (error instanceof ConditionError) return error.problems;
    throw error;
  }
  return [];
}

describe('parseCondition', () => {
  it.each<[string, Condition]>([
    ['avg(icmp.loss_percent, 5m) > 20', loss],
    ['avg(icmp.loss_percent, 5m) > 20 and icmp.rtt_ms > 100', { all: [loss, rtt] }],
    [
      'avg(icmp.loss_percent, 5m) > 20 and (icmp.rtt_ms > 100 or not tcp.down_seconds >= 60)',
      { all: [loss, { any: [rtt, { not: down }] }] },
    ],
    ['icmp.rtt_ms > 100 or icmp.rtt_ms > 100 and tcp.down_seconds >= 60', { any: [rtt, { all: [rtt, down] }] }],
    ['not (icmp.rtt_ms > 100 or tcp.down_seconds >= 60)', { not: { any: [rtt, down] } }],
    ['snmp."CPU load" != -0.5', { metric: 'snmp.CPU load', op: '!=', value: -0.5 }],
    ['snmp."say \\"x\\" \\\\ y" < 1', { metric: 'snmp.say "x" \\ y', op: '<', value: 1 }],
    [
      'rate(snmp.ifInOctets.3, 90s) <= 1e-7',
      { metric: 'snmp.ifInOctets.3', agg: 'rate', window_seconds: 90, op: '<=', value: 1e-7 },
    ],
    ['max(snmp.1min, 1h) == 0', { metric: 'snmp.1min', agg: 'max', window_seconds: 3_600, op: '==', value: 0 }],
    ['self.and == 1', { metric: 'self.and', op: '==', value: 1 }],
  ])('reads %s, and prints it back the same', (text, condition) => {
    expect(parseCondition(text)).toEqual(condition);
    expect(printCondition(condition)).toBe(text);
  });

  it.each([
    ['  AVG( icmp.loss_percent ,300s )>20.0 ', 'avg(icmp.loss_percent, 5m) > 20'],
    [
      'icmp.rtt_ms>100&&!tcp.down_seconds>=1m||icmp.flaps=3',
      'icmp.rtt_ms > 100 and not tcp.down_seconds >= 60 or icmp.flaps == 3',
    ],
    [
      'icmp.rtt_ms > 100 AND icmp.rtt_ms > 100 OR NOT icmp.rtt_ms > 100',
      'icmp.rtt_ms > 100 and icmp.rtt_ms > 100 or not icmp.rtt_ms > 100',
    ],
    ['last(icmp.rtt_ms) > 100ms', 'icmp.rtt_ms > 100'],
    [
      '((icmp.rtt_ms > 100)) and (icmp.flaps > 1 and icmp.flaps < 9)',
      'icmp.rtt_ms > 100 and icmp.flaps > 1 and icmp.flaps < 9',
    ],
    ['not not icmp.rtt_ms > 100', 'icmp.rtt_ms > 100'],
    ['not (not (icmp.rtt_ms > 100))', 'icmp.rtt_ms > 100'],
    ['icmp.down_seconds > 1.5h', 'icmp.down_seconds > 5400'],
    ['icmp.loss_percent > 20%', 'icmp.loss_percent > 20'],
    ['http.cert_expiry_days < 30d', 'http.cert_expiry_days < 30'],
    ['icmp.rtt_ms > -0', 'icmp.rtt_ms > 0'],
    ['icmp.rtt_ms\n\t> .5', 'icmp.rtt_ms > 0.5'],
    ['avg(icmp.rtt_ms, 86400s) > 1', 'avg(icmp.rtt_ms, 1d) > 1'],
    ['snmp."load" > 1', 'snmp.load > 1'],
  ])('%j is %s', (text, canonical) => {
    expect(printCondition(parseCondition(text))).toBe(canonical);
  });

  it.each<[string, number, number | undefined, RegExp]>([
    ['', 0, undefined, /^Expected a comparison such as icmp\.rtt_ms > 100, "not" or "\(", found the end\.$/],
    ['   ', 3, undefined, /found the end/],
    ['icmp.rtt_ms', 11, undefined, /^Expected one of > >= < <= == !=, found the end\.$/],
    ['icmp.rtt_ms > ', 14, undefined, /^Expected a number, found the end/],
    ['icmp.rtt_ms > fast', 14, 4, /^Expected a number, found "fast"/],
    ['icmp.rtt_ms >> 5', 13, 1, /^Expected a number, found ">"/],
    ['icmp.rtt_ms > 100 icmp.flaps > 1', 18, 10, /^Expected "and", "or" or the end, found "icmp\.flaps"/],
    ['icmp.rtt_ms > 100 and', 21, undefined, /found the end/],
    ['(icmp.rtt_ms > 100', 18, undefined, /^Expected "and", "or" or "\)", found the end/],
    ['icmp.rtt_ms > 100)', 17, 1, /^Expected "and", "or" or the end, found "\)"/],
    ['sum(icmp.rtt_ms, 5m) > 1', 0, 3, /^Expected one of last, avg, min, max, rate before "\(", found "sum"/],
    ['avg(icmp.rtt_ms) > 1', 15, 1, /^avg needs a window, such as avg\(icmp\.rtt_ms, 5m\)\.$/],
    ['last(icmp.rtt_ms, 5m) > 1', 16, 1, /^last is of now/],
    ['avg(icmp.rtt_ms, 5) > 1', 17, 1, /^A window is a whole number of s, m, h or d, such as 5m; found "5"/],
    ['avg(icmp.rtt_ms, 5w) > 1', 17, 2, /found "5w"/],
    ['avg(icmp.rtt_ms, 0s) > 1', 17, 2, /found "0s"/],
    ['avg(icmp.rtt_ms, 0.5s) > 1', 17, 4, /found "0\.5s"/],
    ['avg(5m, icmp.rtt_ms) > 1', 4, 2, /^Expected a metric such as icmp\.rtt_ms, found "5"/],
    ['rtt_ms > 1', 0, 6, /^Expected a comparison such as icmp\.rtt_ms > 100, found "rtt_ms"/],
    ['icmp.rtt_ms > 5m', 14, 2, /^Expected a plain number or with one of ms, s for icmp\.rtt_ms, found "5m"/],
    ['icmp.flaps > 5%', 13, 2, /^Expected a plain number for icmp\.flaps, found "5%"/],
    ['icmp.rtt_ms > 1e400', 14, 5, /^The number is too large/],
    ['snmp.CPU load > 1', 9, 4, /quoted: snmp\."CPU load"\), found "load"/],
    ['snmp."CPU load > 1', 4, 1, /quotes must end/],
    ['icmp.rtt_ms > 1 § 2', 16, 1, /^Unexpected character "§"\.$/],
    ['icmp.rtt_ms > 1 and 💥', 20, 2, /^Unexpected character "💥"\.$/],
    ['snmp."a\nb" > 1', 0, 10, /control characters/],
    [`snmp."${'x'.repeat(260)}" > 1`, 0, 267, /at most 250 characters/],
  ])('refuses %j at %d', (text, position, length, message) => {
    expect(problemsOf(text)).toEqual([
      { position, ...(length !== undefined && { length }), message: expect.stringMatching(message) },
    ]);
  });

  describe('bounds', () => {
    const { depth, comparisons, textLength } = CONDITION_LIMITS;
    it.each([
      ['100,000 parentheses', '('.repeat(100_000), textLength],
      ['4,000 parentheses', '('.repeat(4_000), depth],
      ['1,000 nots', 'not '.repeat(1_000), depth * 4],
      ['4,000 signs of negation', '!'.repeat(4_000), depth],
      ['a long string without an end', `snmp."${'\\"'.repeat(1_900)}`, 4],
      ['many digits', `icmp.rtt_ms > ${'9'.repeat(3_900)}`, 14],
      ['many spaces', `icmp.rtt_ms${' '.repeat(3_900)}x`, 3_911],
    ])('%s', (_name, text, position) => {
      expect(problemsOf(text)).toMatchObject([{ position }]);
    });

    it('takes as many comparisons as there may be, and not one more', () => {
      const text = (count: number) => Array.from({ length: count }, () => 'a.b > 1').join(' and ');
      expect(problemsOf(text(comparisons))).toEqual([]);
      expect(problemsOf(text(comparisons + 1))).toMatchObject([{ position: comparisons * 12, length: 3 }]);
    });

    it('is as deep as a tree may be, and not deeper', () => {
      const nested = (levels: number): string =>
        levels === 1 ? 'a.b > 1' : `a.b > 1 ${levels % 2 ? 'and' : 'or'} (${nested(levels - 1)})`;
      expect(problemsOf(nested(depth))).toEqual([]);
      expect(problemsOf(nested(depth + 1))).toMatchObject([{ message: expect.stringMatching(/nested/) }]);
    });

    it('refuses what would be too long when it is written out', () => {
      const text = Array.from({ length: 50 }, (_, index) => `avg(snmp.${'x'.repeat(58)}${index % 10},1m)>1`).join('&&');
      expect(text.length).toBeLessThanOrEqual(textLength);
      expect(problemsOf(text)).toMatchObject([{ position: 0, message: expect.stringMatching(/spaced out/) }]);
    });
  });
});

describe('positionsOf', () => {
  const text = 'icmp.flaps > 1 and (avg(icmp.rtt_ms, 5m) > 100 or packet_loss > 5)';
  const at = (path: (string | number)[]) => {
    const { position, length } = positionsOf(text)(path);
    return text.slice(position, position + length);
  };
  it.each([
    [['all', 0, 'metric'], 'icmp.flaps'],
    [['all', 0, 'agg'], 'icmp.flaps'],
    [['all', 0, 'value'], '1'],
    [['all', 0], 'icmp.flaps > 1'],
    [['all', 1, 'any', 0, 'metric'], 'icmp.rtt_ms'],
    [['all', 1, 'any', 0, 'agg'], 'avg'],
    [['all', 1, 'any', 0, 'window_seconds'], '5m'],
    [['all', 1, 'any', 0, 'op'], '>'],
    [['all', 1, 'any', 1, 'metric'], 'packet_loss'],
    [['all', 1, 'any', 1, 'window_seconds'], 'packet_loss'],
    [['all', 1], 'avg(icmp.rtt_ms, 5m) > 100 or packet_loss > 5'],
    [[], 'icmp.flaps > 1 and (avg(icmp.rtt_ms, 5m) > 100 or packet_loss > 5'],
    [['nowhere'], text],
  ])('%j is %s', (path, part) => {
    expect(at(path)).toBe(part);
  });
});
