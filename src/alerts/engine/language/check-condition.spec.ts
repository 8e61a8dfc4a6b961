import type { MetricDefinition } from '../../../metrics/metric.js';
import type { Condition } from '../condition.js';
import type { Scope } from '../rule.js';
import { checkCondition } from './check-condition.js';
import { locateProblems, parseCondition } from './parse-condition.js';

const metric = (name: string, more: Partial<MetricDefinition> = {}): MetricDefinition => ({
  name,
  target: 'device',
  unit: null,
  description: '',
  aggregations: ['last'],
  longestWindowSeconds: null,
  hasHistory: false,
  ...more,
});
const windowed = { aggregations: ['last', 'avg', 'min', 'max'], longestWindowSeconds: 600 } as const;
const catalogue = [
  metric('icmp.down_seconds', { unit: 'seconds' }),
  metric('icmp.loss_percent', { unit: 'percent', ...windowed }),
  metric('icmp.rtt_ms', { unit: 'ms', ...windowed }),
  metric('http.cert_expiry_days', { unit: 'days' }),
  metric('snmp.*', { aggregations: ['last', 'avg', 'min', 'max', 'rate'], longestWindowSeconds: 3_600 }),
  metric('swarm.node_down', { target: 'node', unit: '1 or 0' }),
  metric('swarm.service_missing_replicas', { target: 'service' }),
  metric('self.cpu_percent', { target: 'self', unit: 'percent', range: [0, Number.POSITIVE_INFINITY] }),
  metric('self.queue_length', { target: 'queue' }),
  metric('device.state_code', { internal: true }),
];
const find = (name: string) => catalogue.find((known) => known.name === name.replace(/^snmp\..+/, 'snmp.*'));
const context = (scopeKind: Scope['kind']) => ({ find, catalogue, scopeKind });

function told(text: string, scopeKind: Scope['kind']): [part: string, message: string][] {
  return locateProblems(text, checkCondition(parseCondition(text), context(scopeKind))).map(
    ({ position, length, message }) => [text.slice(position, position + length!), message],
  );
}

describe('checkCondition', () => {
  it.each<[string, Scope['kind']]>([
    ['avg(icmp.loss_percent, 5m) > 20 and icmp.rtt_ms > 100', 'devices'],
    ['rate(snmp."CPU load", 1h) < -5', 'devices'],
    ['http.cert_expiry_days < -3', 'devices'],
    [
      'icmp.loss_percent == 100 or icmp.loss_percent >= 100 or icmp.loss_percent <= 0 or icmp.loss_percent > 0',
      'devices',
    ],
    ['icmp.down_seconds == 0', 'devices'],
    ['swarm.node_down > 0 or swarm.node_down == 1', 'swarm'],
    ['self.cpu_percent > 150', 'self'],
    ['self.queue_length > 1000', 'self'],
  ])('has nothing to say of %s', (text, scopeKind) => {
    expect(told(text, scopeKind)).toEqual([]);
  });

  it.each<[string, Scope['kind'], string, RegExp]>([
    [
      'icmp.los_percent > 5',
      'devices',
      'icmp.los_percent',
      /^There is no metric icmp\.los_percent\. Did you mean icmp\.loss_percent\? Known: icmp\.down_seconds, icmp\.loss_percent, .*snmp\.<item>, /,
    ],
    ['weather.temperature > 5', 'devices', 'weather.temperature', /^There is no metric weather\.temperature\. Known: /],
    [
      'device.state_code == 1',
      'devices',
      'device.state_code',
      /^There is no metric device\.state_code\. (?!.*, device\.state_code)/,
    ],
    ['avg(icmp.down_seconds, 5m) > 5', 'devices', 'avg', /^icmp\.down_seconds has no avg\. It has: last\.$/],
    ['rate(icmp.rtt_ms, 5m) > 5', 'devices', 'rate', /^icmp\.rtt_ms has no rate\. It has: last, avg, min, max\.$/],
    ['avg(icmp.rtt_ms, 11m) > 5', 'devices', '11m', /^Must be at most 10m for icmp\.rtt_ms\.$/],
    ['avg(icmp.rtt_ms, 4s) > 5', 'devices', '4s', /^Must be at least 5s\.$/],
    [
      'swarm.node_down == 1',
      'devices',
      'swarm.node_down',
      /^swarm\.node_down is about nodes: it needs a scope of the kind swarm, not devices\.$/,
    ],
    ['icmp.rtt_ms > 5', 'self', 'icmp.rtt_ms', /scope of the kind devices, not self/],
    ['self.cpu_percent > 5', 'devices', 'self.cpu_percent', /^self\.cpu_percent is about Swarmward itself: it needs/],
    [
      'swarm.node_down == 1 and swarm.service_missing_replicas > 0',
      'swarm',
      'swarm.service_missing_replicas',
      /^swarm\.service_missing_replicas is about services, swarm\.node_down about nodes: one rule/,
    ],
    ['icmp.loss_percent > 100', 'devices', '100', /^Is always false: icmp\.loss_percent is from 0 to 100\.$/],
    ['avg(icmp.loss_percent, 5m) >= 101', 'devices', '101', /^Is always false/],
    ['icmp.loss_percent >= 0', 'devices', '0', /^Is always true/],
    ['icmp.loss_percent < 0', 'devices', '0', /^Is always false/],
    ['icmp.loss_percent <= 100', 'devices', '100', /^Is always true/],
    ['icmp.loss_percent != 200', 'devices', '200', /^Is always true/],
    ['packet_loss > 200', 'devices', '200', /^Is always false/],
    ['icmp.down_seconds > -1', 'devices', '-1', /^Is always true: icmp\.down_seconds is never below 0\.$/],
    ['swarm.node_down > 1', 'swarm', '1', /^Is always false/],
    ['swarm.node_down == 2', 'swarm', '2', /^Is always false/],
  ])('of %s (%s) it says at "%s": %s', (text, scopeKind, part, message) => {
    expect(told(text, scopeKind)).toEqual([[part, expect.stringMatching(message)]]);
  });

  it('says everything at once, with the path in the tree', () => {
    const condition: Condition = {
      all: [
        { metric: 'icmp.nope', op: '>', value: 1 },
        { not: { any: [{ metric: 'icmp.rtt_ms', agg: 'avg', op: '>', value: 1 }] } },
        { metric: 'icmp.rtt_ms', window_seconds: 60, op: '>', value: 1 },
      ],
    };
    expect(checkCondition(condition, context('devices'))).toEqual([
      { path: ['all', 0, 'metric'], message: expect.stringMatching(/no metric icmp\.nope/) },
      { path: ['all', 1, 'not', 'any', 0, 'window_seconds'], message: expect.stringMatching(/avg needs a window/) },
      { path: ['all', 2, 'window_seconds'], message: 'last is of now: it has no window.' },
    ]);
  });
});
