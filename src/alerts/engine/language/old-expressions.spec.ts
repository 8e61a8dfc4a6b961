import { ConditionError, type TextProblem } from './condition-problem.js';
import { translateOldExpression } from './old-expressions.js';
import { parseCondition } from './parse-condition.js';
import { printCondition } from './print-condition.js';

function problemsOf(old: string): TextProblem[] {
  try {
    translateOldExpression(old);
  } catch (error) {
    if (error instanceof ConditionError) return error.problems;
    throw error;
  }
  return [];
}

describe('translateOldExpression', () => {
  it.each([
    ['ping_unreachable >= 5', 'icmp.down_seconds >= 300'],
    ['ping_unreachable > 1', 'icmp.down_seconds > 60'],
    ['ping_unreachable >= 0.5', 'icmp.down_seconds >= 30'],
    ['ping_unreachable >= 5m', 'icmp.down_seconds >= 300'],
    ['ping_unreachable >= 90s', 'icmp.down_seconds >= 90'],
    ['avg_ping_ms > 200', 'avg(icmp.rtt_ms, 5m) > 200'],
    ['avg_ping_ms>200ms', 'avg(icmp.rtt_ms, 5m) > 200'],
    ['avg_ping_ms == 0', 'avg(icmp.rtt_ms, 5m) == 0'],
    ['packet_loss > 20', 'avg(icmp.loss_percent, 5m) > 20'],
    ['packet_loss >= 12.5%', 'avg(icmp.loss_percent, 5m) >= 12.5'],
    ['no_data', 'icmp.no_data_seconds >= 300'],
    ['no_data >= 10', 'icmp.no_data_seconds >= 600'],
    ['no_data > 2', 'icmp.no_data_seconds > 120'],
    ['  PING_UNREACHABLE>=5   And Packet_Loss  >20 ', 'icmp.down_seconds >= 300 and avg(icmp.loss_percent, 5m) > 20'],
    [
      'no_data or avg_ping_ms > 200 AND packet_loss > 5',
      'icmp.no_data_seconds >= 300 or avg(icmp.rtt_ms, 5m) > 200 and avg(icmp.loss_percent, 5m) > 5',
    ],
    ['NOT no_data', 'not icmp.no_data_seconds >= 300'],
    ['(no_data) OR (ping_unreachable >= 5)', 'icmp.no_data_seconds >= 300 or icmp.down_seconds >= 300'],
    ['ping_unreachable >= 5 and http.status == 200', 'icmp.down_seconds >= 300 and http.status == 200'],
    ['icmp.rtt_ms > 5', 'icmp.rtt_ms > 5'],
  ])('%j is %s', (old, expression) => {
    expect(translateOldExpression(old)).toEqual({ expression, note: null });
    expect(printCondition(parseCondition(old))).toBe(expression);
  });

  it.each([
    ['ping_unreachable == 5', 'icmp.down_seconds >= 300 and icmp.down_seconds < 360'],
    [
      'ping_unreachable = 5 AND packet_loss > 1',
      'icmp.down_seconds >= 300 and icmp.down_seconds < 360 and avg(icmp.loss_percent, 5m) > 1',
    ],
    ['no_data != 5', 'icmp.no_data_seconds < 300 or icmp.no_data_seconds >= 360'],
    [
      'no_data != 5 and packet_loss > 1',
      '(icmp.no_data_seconds < 300 or icmp.no_data_seconds >= 360) and avg(icmp.loss_percent, 5m) > 1',
    ],
  ])('%j is %s, with a note', (old, expression) => {
    expect(translateOldExpression(old)).toEqual({ expression, note: expect.stringMatching(/whole minute/) });
  });

  it.each([
    ['ping_unreachable', 16, /^Expected one of >/],
    ['packet_loss > x', 14, /^Expected a number/],
    ['ping_unreachable >= 5 minutes', 22, /^Expected "and", "or" or the end, found "minutes"/],
    ['ping_unreachable >= 5w', 20, /plain number or with one of s, m, h, d for ping_unreachable/],
    ['packet_los > 5', 0, /^Expected a comparison/],
  ])('refuses %j at %d', (old, position, message) => {
    expect(problemsOf(old)).toMatchObject([{ position, message: expect.stringMatching(message) }]);
  });
});
