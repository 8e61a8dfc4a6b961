import { alertFacts } from '../../../test/support/alert-facts.js';
import type { AlertFacts } from '../../alerts/outbox/alert-facts.js';
import type { DeliveryKind } from './delivery.js';
import { composeMessage, freezeAgain, freezeFirst } from './freeze-delivery.js';

const resolved = { state: 'resolved' as const, resolvedAt: new Date('2026-11-21T09:05:00Z'), resolution: 'recovered' };

describe('the first attempt', () => {
  it.each<[DeliveryKind, string, Partial<AlertFacts>, boolean, string | null]>([
    ['firing', 'it fires', {}, false, null],
    ['firing', 'it has ended', resolved, false, 'resolved'],
    ['firing', 'somebody has it in hand', { acknowledged: true }, false, 'acknowledged'],
    ['firing', 'it is silenced', { suppressed: true }, false, 'suppressed'],
    ['reminder', 'somebody has it in hand', { acknowledged: true }, true, 'acknowledged'],
    ['escalation', 'it has ended', resolved, true, 'resolved'],
    ['resolved', 'the receiver knows', resolved, true, null],
    [
      'resolved',
      'the receiver knows, and it is acknowledged and silenced',
      { ...resolved, acknowledged: true, suppressed: true },
      true,
      null,
    ],
    ['resolved', 'the receiver never knew', resolved, false, 'not_told'],
  ])('%s: %s', (kind, _name, alert, isTold, reason) => {
    const frozen = freezeFirst(kind, [{ alert: alertFacts(alert), isTold }]);
    expect([frozen.alerts?.length ?? 0, frozen.dropped[0]?.reason ?? null]).toEqual([reason ? 0 : 1, reason]);
  });
});

describe('a further attempt', () => {
  const fires = alertFacts();
  const ended = alertFacts({ id: 'a2', ...resolved });
  it.each<[string, DeliveryKind, boolean, AlertFacts[], number | null, number]>([
    ['says the same while one fires', 'firing', false, [fires, ended], 2, 0],
    ['is not made when all have ended', 'firing', false, [ended], null, 1],
    ['is not made when all have ended; what may have arrived is not taken back', 'firing', true, [ended], null, 0],
    ['of an end is made', 'resolved', false, [ended], 1, 0],
  ])('%s', (_name, kind, uncertain, alerts, sent, dropped) => {
    const frozen = freezeAgain(kind, uncertain, alerts);
    expect([frozen.alerts?.length ?? null, frozen.dropped.length]).toEqual([sent, dropped]);
  });
});

it.each<[DeliveryKind, Partial<AlertFacts>[], string]>([
  ['firing', [{}], 'Device down: sw-1 (Berlin)'],
  ['firing', [{ siteName: null }], 'Device down: sw-1'],
  ['resolved', [{}], 'Device down: sw-1 (Berlin)'],
  ['firing', [{}, {}], '2 alerts in Berlin: Device down'],
  ['reminder', [{}, { ruleName: 'Loss' }], '2 alerts in Berlin: Device down, Loss'],
  [
    'firing',
    [{}, { ruleName: 'b' }, { ruleName: 'c' }, { ruleName: 'd' }],
    '4 alerts in Berlin: Device down, b, c and 1 more',
  ],
  ['test', [], 'A test of Swarmward: notifications arrive here'],
])('a title: %s of %j', (kind, alerts, title) => {
  const draft = { id: 'x', kind, severity: 'high' as const, groupKey: 'k', groupLabels: { site: 'Berlin' } };
  expect(composeMessage(draft, alerts.map(alertFacts), undefined, new Date()).title).toBe(title);
});
