import * as fc from 'fast-check';
import { parseCondition } from '../language/parse-condition.js';
import { defaultMessage } from './default-message.js';
import type { MessageFacts } from './message-facts.js';
import { MessageError, parseMessage } from './parse-message.js';
import { MESSAGE_LENGTH, renderMessage } from './render-message.js';

const facts = (more: Partial<MessageFacts> = {}): MessageFacts => ({
  rule: 'Packet loss',
  severity: 'high',
  value: 34,
  targetKind: 'device',
  target: 'Router Riverside',
  site: 'Berlin',
  device: { ip: '10.0.0.1' },
  since: Date.UTC(2026, 10, 21, 9),
  runbookUrl: null,
  ...more,
});
const render = (text: string, more?: Partial<MessageFacts>) => renderMessage(parseMessage(text), facts(more));

function problemsOf(text: string) {
  try {
    parseMessage(text);
  } catch (error) {
    if (error instanceof MessageError) return error.problems;
    throw error;
  }
  return [];
}

describe('a message', () => {
  it.each([
    ['{{target}} has lost {{value}} %', 'Router Riverside has lost 34 %'],
    ['{{ target }}', 'Router Riverside'],
    [
      '{{rule}}/{{severity}}/{{target.kind}}/{{site}}/{{device.ip}}/{{runbook_url}}',
      'Packet loss/high/device/Berlin/10.0.0.1/',
    ],
    ['since {{since}}', 'since 2026-11-21T09:00:00.000Z'],
    ['', ''],
    ['{ } {single} $value %s', '{ } {single} $value %s'],
  ])('%j reads %j', (text, expected) => {
    expect(render(text)).toBe(expected);
  });

  it.each([
    [33.333333, '33.33'],
    [0.000123456, '0.0001235'],
    [1_234_567.891, '1234567.89'],
    [null, ''],
  ])('shows the value %s as "%s"', (value, shown) => {
    expect(render('{{value}}', { value })).toBe(shown);
  });

  it.each<[string, number, number, RegExp]>([
    ['{{#each alerts}}x{{/each}}', 0, 16, /only placeholders: no blocks/],
    ['{{value | round}}', 0, 17, /no blocks, filters/],
    ['a {{target', 2, 2, /^Is not closed by }}\.$/],
    ['a }} b', 2, 2, /^Nothing was opened/],
    ['x {{nope}}', 2, 8, /^There is no placeholder "nope"\. Known: rule, severity, value, /],
    ['{{}}', 0, 4, /^There is no placeholder ""/],
    ['{{constructor}}', 0, 15, /^There is no placeholder "constructor"/],
    ['{{__proto__}}', 0, 13, /^There is no placeholder/],
    ['{{ {{target}} }}', 0, 13, /^There are only placeholders/],
    ['x'.repeat(2_001), 2_000, 1, /^A message has at most 2000 characters; this one has 2001\.$/],
  ])('refuses %j at %d', (text, position, length, message) => {
    expect(problemsOf(text)[0]).toEqual({ position, length, message: expect.stringMatching(message) });
  });

  it('names every mistake', () => {
    expect(problemsOf('{{a}} {{target}} {{b}} }} {{')).toMatchObject([
      { position: 0 },
      { position: 17 },
      { position: 23 },
      { position: 26 },
    ]);
  });

  it('is one line and bounded, whatever is put into it', () => {
    const long = '{{target}}'.repeat(200);
    expect(render(long, { target: 'x'.repeat(500) })).toHaveLength(MESSAGE_LENGTH);
    expect(render(long, { target: '💥'.repeat(999) }).isWellFormed()).toBe(true);
    expect(render('{{target}}', { target: 'a\r\nb\u0000c\u2028d {{rule}}' })).toBe('a b c d {{rule}}');
  });

  it('any text is a template or refused with a position', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('{{', '}}', '{', '}', 'target', ' ', 'x')), (parts) => {
        const text = parts.join('');
        return problemsOf(text).every(({ position }) => position >= 0 && position < text.length);
      }),
    );
  });
});

describe('defaultMessage', () => {
  it.each<[string, Partial<MessageFacts>, string]>([
    ['icmp.down_seconds >= 60', { value: 61 }, 'Router Riverside has been down for 1 min 1 s'],
    ['device.down_seconds >= 60', { value: 60 }, 'Router Riverside has been down for 1 min'],
    ['device.down_seconds >= 60', { value: 90_061 }, 'Router Riverside has been down for 1 d 1 h'],
    ['device.down_seconds >= 60', { value: 86_460 }, 'Router Riverside has been down for 1 d'],
    ['device.down_seconds >= 60', { value: null }, 'Router Riverside is down'],
    ['icmp.no_data_seconds >= 300', { value: 300 }, 'Router Riverside has given no data for 5 min'],
    ['avg(icmp.loss_percent, 5m) > 20', {}, 'Router Riverside: avg loss over 5 min is 34 % (> 20 %)'],
    ['icmp.rtt_ms > 100 and icmp.flaps > 5', { value: 120.456 }, 'Router Riverside: rtt is 120.46 ms (> 100 ms)'],
    ['snmp."CPU load" > 5', { value: 7 }, 'Router Riverside: CPU load is 7 (> 5)'],
    ['icmp.rtt_ms > 100', { value: null }, 'Router Riverside: rtt is unknown (> 100 ms)'],
    ['http.cert_expiry_days < 14', { value: 3 }, 'Router Riverside: cert expiry is 3 d (< 14 d)'],
    ['swarm.node_down == 1', { targetKind: 'node', target: 'n1', value: 1 }, 'Node n1 is down'],
    ['swarm.service_flapping == 1', { targetKind: 'service', target: 'web', value: 1 }, 'Service web is flapping'],
    ['self.redis_up == 0', { targetKind: 'self', target: 'Swarmward', value: 0 }, 'Swarmward: redis is down'],
    [
      'self.queue_oldest_seconds > 60',
      { targetKind: 'queue', target: 'probes', value: 90 },
      'Queue probes: queue oldest is 1 min 30 s (> 1 min)',
    ],
  ])('of %s with %j is: %s', (text, more, expected) => {
    expect(defaultMessage(parseCondition(text), facts(more))).toBe(expected);
  });

  it('is about the comparison that its value is of', () => {
    const condition = parseCondition('icmp.flaps > 5 or icmp.rtt_ms > 100');
    const comparison = { metric: 'icmp.rtt_ms', op: '>', value: 100 } as const;
    expect(defaultMessage(condition, facts({ value: 120, comparison }))).toMatch(/rtt is 120 ms/);
  });
});
