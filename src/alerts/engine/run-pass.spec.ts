import {
  DOWN,
  device,
  last,
  names,
  nothing,
  NOW,
  pass,
  reading,
  rule,
  type Scene,
  seconds,
  silence,
  stored,
} from '../../../test/support/pass-scene.js';
import { NOT_APPLICABLE, signalKey, UNKNOWN } from '../../metrics/metric.js';
import type { SignalReading } from '../../metrics/signal-source.port.js';
import type { Acknowledgement } from './alert.js';
import { ackKey } from './fingerprint.js';
import type { DeviceFacts } from './inventory.js';
import { signalsOf } from './language/compile-condition.js';
import type { PassRule, StoredAlert } from './pass.js';

describe('runPass', () => {
  it('opens an alert with all that it says', () => {
    const outcome = pass({
      values: { [DOWN]: [75] },
      rules: [rule({ labels: { team: 'net', site: 'ignored' }, runbookUrl: 'https://r' })],
    });
    expect(outcome.opened).toHaveLength(1);
    const { face, state, events, outbox, ...rest } = outcome.opened[0]!;
    expect(rest).toEqual({
      ruleId: 'rule-1',
      beganAt: NOW - 75_000,
      groupKey: '{"site":"site-1"}',
      fingerprint: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
    expect(face).toMatchObject({
      ruleName: 'Device down',
      targetKey: 'id-1',
      deviceNum: 1,
      deviceId: 'id-1',
      siteName: 'Berlin',
      value: 75,
      runbookUrl: 'https://r',
    });
    expect(face.summary).toContain('d1');
    expect(face.labels).toEqual({
      team: 'net',
      rule: 'Device down',
      severity: 'critical',
      target: 'd1',
      target_kind: 'device',
      device: 'd1',
      device_id: 'id-1',
      ip: '10.0.0.1',
      check_kind: 'icmp',
      site: 'Berlin',
      region: 'north',
      tag: 'core',
    });
    expect(state).toMatchObject({ state: 'firing', firedAt: NOW, announcedAt: NOW });
    expect(events).toEqual([{ kind: 'fired', at: NOW, actor: null, detail: null }]);
    expect(outbox).toBe('firing');
  });

  it('has a fingerprint of rule, target and group', () => {
    const print = (more: Scene) => pass({ values: { [DOWN]: [75] }, ...more }).opened[0]!.fingerprint;
    const usual = print({});
    expect(print({ rules: [rule({ name: 'Other', version: 2 })] })).toBe(usual);
    expect(print({ rules: [rule({ id: 'rule-2' })] })).not.toBe(usual);
    expect(print({ devices: [device(2)] })).not.toBe(usual);
    expect(print({ devices: [device(1, { siteId: 'site-2' })] })).not.toBe(usual);
    expect(print({ devices: [device(1, { siteName: 'Bern' })] })).toBe(usual);
  });

  it('opens for devices in scope, enabled, and that the metrics apply to', () => {
    const devices = [1, 2, 3, 4, 5].map((num) => device(num, { enabled: num !== 3 }));
    const values = { [DOWN]: [75, 75, 75, NOT_APPLICABLE, UNKNOWN] };
    expect(names(pass({ devices, values }).opened)).toEqual(['d1', 'd2']);
    expect(names(pass({ devices, values, members: new Map([['rule-1', [2, 3, 99]]]) }).opened)).toEqual(['d2']);
    const not = rule({ condition: { not: { metric: DOWN, op: '<', value: 60 } }, noData: 'alert' });
    expect(names(pass({ devices, values, rules: [not] }).opened)).toEqual(['d1', 'd2', 'd5']);
  });

  it('reads devices in any order, and knows nothing of those that are missing', () => {
    const readings = [reading({ [DOWN]: [75, 1, 80] }, [3, 99, 1])];
    expect(names(pass({ devices: [1, 2, 3].map((num) => device(num)), readings }).opened)).toEqual(['d1', 'd3']);
  });

  it('leaves a rule alone whose devices are not known yet', () => {
    expect(pass({ values: { [DOWN]: [0] }, open: [stored()], members: new Map() })).toMatchObject(nothing);
  });

  it('writes nothing without news, and what is shown at most once a minute', () => {
    const summary = pass({ values: { [DOWN]: [90] } }).opened[0]!.face.summary;
    const at = (evaluatedAt: number, value: number) =>
      pass({ values: { [DOWN]: [value] }, open: [stored({ evaluatedAt, summary })] });
    expect(at(NOW - 59_999, 120)).toMatchObject(nothing);
    expect(at(NOW - 60_000, 120).changed).toMatchObject([
      { face: { value: 120 }, state: { evaluatedAt: NOW }, events: [], outbox: null },
    ]);
    expect(at(NOW - 60_000, 90)).toMatchObject(nothing);
  });

  it.each<[string, Partial<PassRule>, Partial<DeviceFacts>, object]>([
    ['the severity', { severity: 'low' }, {}, { severity: 'low', labels: { severity: 'low' } }],
    ['the name of the rule', { name: 'Gone' }, {}, { ruleName: 'Gone', labels: { rule: 'Gone' } }],
    ['its version', { version: 2 }, {}, { ruleVersion: 2 }],
    ['its labels', { labels: { team: 'x' } }, {}, { labels: { team: 'x' } }],
    ['its message', { message: 'Look' }, {}, { summary: 'Look' }],
    ['its runbook', { runbookUrl: 'https://r' }, {}, { runbookUrl: 'https://r' }],
    ['the name of the device', {}, { name: 'new' }, { targetName: 'new', labels: { device: 'new' } }],
    ['its address', {}, { ip: '10.9.9.9' }, { labels: { ip: '10.9.9.9' } }],
    ['its tags', {}, { tags: ['edge'] }, { labels: { tag: 'edge' } }],
    ['its site', {}, { siteId: 'site-2', siteName: 'Bern' }, { siteId: 'site-2', siteName: 'Bern' }],
    ['the name of its site', {}, { siteName: 'Bern' }, { siteName: 'Bern', labels: { site: 'Bern' } }],
    ['the region', {}, { region: 'south' }, { labels: { region: 'south' } }],
  ])('says at once that %s has changed, and only once', (_name, ofRule, ofDevice, said) => {
    const scene = { values: { [DOWN]: [90] }, rules: [rule(ofRule)], devices: [device(1, ofDevice)] };
    const { changed } = pass({ ...scene, open: [stored({ evaluatedAt: NOW })] });
    expect(changed).toMatchObject([{ face: said, events: [], outbox: null }]);
    const { key, summary } = changed[0]!.face!;
    expect(pass({ ...scene, open: [stored({ faceKey: key, summary })] })).toMatchObject(nothing);
  });

  it('says the last that was known while nothing is', () => {
    const open = [stored({ evaluatedAt: NOW - 60_000, summary: 'd1 is down for 90 s' })];
    const scene = { values: { [DOWN]: [UNKNOWN] }, open };
    expect(pass(scene)).toMatchObject(nothing);
    const kept = { value: 90, summary: 'd1 is down for 90 s' };
    expect(pass({ ...scene, silences: [silence()] }).changed).toMatchObject([{ face: kept }]);
    const told = [rule({ message: '{{target}}: {{value}} s' })];
    expect(pass({ ...scene, rules: told }).changed).toMatchObject([{ face: { value: 90, summary: 'd1: 90 s' } }]);
  });

  it('resolves, and drops what never fired', () => {
    const open = [
      stored(),
      stored({ id: 'alert-2', targetKey: 'id-2', deviceNum: 2, state: 'pending', firedAt: null, announcedAt: null }),
    ];
    const outcome = pass({ devices: [device(1), device(2)], values: { [DOWN]: [0, 0] }, open });
    expect(outcome.resolved).toMatchObject([
      { before: { id: 'alert-1' }, resolution: 'recovered', resolvedAt: NOW, outbox: 'resolved' },
    ]);
    expect(outcome.dropped).toMatchObject([{ id: 'alert-2' }]);
  });

  it('does not take an outage for over that a clock has made shorter', () => {
    const scene = { values: { [DOWN]: [0.001] }, open: [stored()] };
    expect(pass(scene).resolved).toEqual([]);
    expect(pass({ ...scene, values: { [DOWN]: [0] } }).resolved).toHaveLength(1);
    const sixthMinute = {
      all: [{ metric: DOWN, op: '>=', value: 300 } as const, { metric: DOWN, op: '<', value: 360 } as const],
    };
    expect(pass({ ...scene, rules: [rule({ condition: sixthMinute })] }).resolved).toHaveLength(1);
  });

  it.each<[string, Scene, string]>([
    ['rule_deleted', { open: [stored({ ruleId: null })] }, 'rule_deleted'],
    ['rule_disabled', { rules: [rule({ enabled: false })] }, 'rule_disabled'],
    ['rule_broken', { rules: [rule({ enabled: false, brokenReason: 'x' })] }, 'rule_broken'],
    ['device deleted', { devices: [device(2)], values: { [DOWN]: [0] } }, 'target_gone'],
    ['device disabled', { devices: [device(1, { enabled: false })] }, 'out_of_scope'],
    ['device out of scope', { members: new Map([['rule-1', []]]) }, 'out_of_scope'],
    ['probed another way', { values: { [DOWN]: [NOT_APPLICABLE] } }, 'out_of_scope'],
    [
      'a rule about something else now',
      { rules: [rule({ targetKind: 'node', scope: { kind: 'swarm' } })] },
      'out_of_scope',
    ],
  ])('ends an alert: %s', (_name, scene, resolution) => {
    const outcome = pass({ values: { [DOWN]: [90] }, open: [stored()], ...scene });
    expect(outcome.resolved).toMatchObject([{ resolution, outbox: 'resolved' }]);
  });

  it('leaves alerts of rules alone that it was not given', () => {
    expect(pass({ values: { [DOWN]: [0] }, open: [stored({ ruleId: 'newer' })] })).toMatchObject(nothing);
  });

  it.each(['ok', 'alert', 'keep'] as const)(
    'changes nothing for a source that failed, whatever the policy: %s',
    (noData) => {
      const failedSignals = new Set([signalKey(last(DOWN))]);
      const scene = { rules: [rule({ noData })], readings: [], failedSignals };
      expect(pass({ ...scene, open: [stored()] })).toMatchObject(nothing);
      expect(pass(scene)).toMatchObject(nothing);
    },
  );

  it('breaks one rule and goes on with the others', () => {
    const broken = rule({ id: 'rule-2', condition: { neither: 1 } as unknown as PassRule['condition'] });
    const open = [stored({ ruleId: 'rule-2' })];
    const outcome = pass({ values: { [DOWN]: [90] }, rules: [broken, rule()], open });
    expect(outcome.broken).toEqual([{ ruleId: 'rule-2', version: 1, reason: expect.any(String) }]);
    // Until it is switched off.
    expect([outcome.resolved, outcome.changed]).toEqual([[], []]);
    expect(names(outcome.opened)).toEqual(['d1']);
    const fault = pass({ faults: new Map([['rule-1', 'no scope']]), open: [stored()] });
    expect(fault).toMatchObject({ ...nothing, broken: [{ ruleId: 'rule-1', version: 1, reason: 'no scope' }] });
  });

  it('gives a sticky acknowledgement on', () => {
    const ack: Acknowledgement = { by: 'anna', at: NOW - 60_000, until: null, sticky: true, comment: null };
    const values = { [DOWN]: [90] };
    const leftAcks = new Map([[ackKey('rule-1', 'device', 'id-1'), { ack, resolvedAt: NOW - 30_000 }]]);
    // Also when it was moved to another site, or is grouped by something else, since.
    const devices = [device(1, { siteId: 'site-2', siteName: 'Bern' })];
    const outcome = pass({ values, leftAcks, devices, rules: [rule({ groupBy: ['device', 'region'] })] });
    expect(outcome.opened).toMatchObject([{ state: { ack: { by: 'anna' }, announcedAt: null }, outbox: null }]);
  });
});

describe('targets that are no devices', () => {
  const UP = 'swarm.node_down';
  const nodes = (...down: number[]): SignalReading[] => [
    {
      kind: 'node',
      targets: down.map((_, index) => ({ key: `n${index}`, name: `node-${index}`, labels: { role: 'worker' } })),
      signals: [last(UP)],
      columns: [Float64Array.from(down)],
    },
  ];
  const nodeRule = (more: Partial<PassRule> = {}) =>
    rule({
      targetKind: 'node',
      scope: { kind: 'swarm' },
      condition: { metric: UP, op: '==', value: 1 },
      groupBy: ['rule'],
      ...more,
    });
  const onNode = (more: Partial<StoredAlert> = {}) =>
    stored({
      targetKind: 'node',
      targetKey: 'n1',
      deviceNum: null,
      labels: { role: 'worker' },
      ...more,
    });

  it('opens for them', () => {
    const { opened } = pass({ rules: [nodeRule()], readings: nodes(0, 1) });
    expect(opened).toMatchObject([
      {
        groupKey: '{"rule":"rule-1"}',
        face: {
          targetKey: 'n1',
          deviceNum: null,
          siteName: null,
          labels: { role: 'worker', target: 'node-1', target_kind: 'node' },
        },
      },
    ]);
    expect(
      pass({ rules: [nodeRule({ scope: { kind: 'swarm', names: ['NODE-1', 'x*'] } })], readings: nodes(1, 1) }).opened,
    ).toHaveLength(1);
  });

  it('ends with them', () => {
    expect(pass({ rules: [nodeRule()], readings: nodes(0), open: [onNode()] }).resolved).toMatchObject([
      { resolution: 'target_gone' },
    ]);
    expect(
      pass({
        rules: [nodeRule({ scope: { kind: 'swarm', names: ['other'] } })],
        readings: nodes(1, 1),
        open: [onNode()],
      }).resolved,
    ).toMatchObject([{ resolution: 'out_of_scope' }]);
  });

  it('keeps what could not be read, but for silences', () => {
    const blind = { rules: [nodeRule({ noData: 'ok' })], readings: [], open: [onNode()] };
    expect(pass(blind)).toMatchObject(nothing);
    expect(pass({ ...blind, failedSignals: new Set([signalKey(last(UP))]) })).toMatchObject(nothing);
    const silences = [silence({ matchers: [{ name: 'role', op: '=', value: 'worker' }] })];
    expect(pass({ ...blind, silences }).changed).toMatchObject([
      { state: { suppression: { by: 'silence' } }, face: null },
    ]);
  });
});

describe('when to look again', () => {
  it.each<[string, Scene, number | null]>([
    ['never', { values: { [DOWN]: [0] } }, null],
    ['when a time crosses its threshold', { values: { [DOWN]: [15] } }, 45],
    ['when the first of several does', { devices: [device(1), device(2)], values: { [DOWN]: [15, 59.5] } }, 0.5],
    [
      'just after it, for more than',
      { values: { [DOWN]: [60] }, rules: [rule({ condition: { metric: DOWN, op: '>', value: 60 } })] },
      0.001,
    ],
    [
      'not for what stands still until it is sampled again',
      {
        readings: [
          {
            kind: 'self',
            signals: [last('self.queue_oldest_seconds')],
            targets: [{ key: 'ping', name: 'ping', labels: {} }],
            columns: [Float64Array.of(59.97)],
          },
        ],
        rules: [
          rule({
            targetKind: 'self',
            scope: { kind: 'self' },
            condition: { metric: 'self.queue_oldest_seconds', op: '>', value: 60 },
          }),
        ],
      },
      null,
    ],
    ['when it has held long enough', { values: { [DOWN]: [75] }, rules: [rule({ forSeconds: 30 })] }, 30],
    ['when a silence begins', { values: { [DOWN]: [0] }, silences: [silence({ startsAt: NOW + 5_000 })] }, 5],
    ['when a silence ends', { values: { [DOWN]: [0] }, silences: [silence()] }, 60],
    [
      'when a recovery has lasted',
      { values: { [DOWN]: [0] }, rules: [rule({ recoveryForSeconds: 20 })], open: [stored()] },
      20,
    ],
  ])('%s', (_name, scene, expected) => {
    expect(seconds(pass(scene))).toBe(expected);
  });
});

describe('the signals of a pass', () => {
  it('are found by their aggregation and window', () => {
    const condition = { metric: 'icmp.rtt_ms', agg: 'avg', window_seconds: 300, op: '>', value: 100 } as const;
    const readings: SignalReading[] = [
      {
        kind: 'device',
        nums: Int32Array.of(1),
        signals: [last('icmp.rtt_ms'), ...signalsOf(condition)],
        columns: [Float64Array.of(1), Float64Array.of(150)],
      },
    ];
    expect(pass({ rules: [rule({ condition })], readings }).opened).toMatchObject([{ face: { value: 150 } }]);
  });
});
