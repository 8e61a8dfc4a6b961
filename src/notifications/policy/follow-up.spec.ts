import { alertFacts } from '../../../test/support/alert-facts.js';
import type { AlertFacts } from '../../alerts/outbox/alert-facts.js';
import { firstFollowUp, type FollowUp, judgeFollowUp } from './follow-up.js';
import type { Route } from './route.js';

const NOW = Date.parse('2026-11-21T12:00:00Z');
const at = (minutes: number) => NOW + minutes * 60_000;
const route: Route = {
  id: 'r',
  matchers: {},
  channelIds: [],
  continues: false,
  groupWaitSeconds: null,
  remindEveryMinutes: 60,
  escalateAfterMinutes: 30,
  escalateChannelIds: ['boss'],
  quietHours: null,
};
const quiet: Route = { ...route, quietHours: { timezone: 'UTC', from: '11:00', to: '13:00', except: ['critical'] } };
const due = (remindAt: number | null, escalateAt: number | null): FollowUp => ({ remindAt, escalateAt });

it.each<[string, Route | null, FollowUp | null]>([
  ['both', route, due(at(60), at(30))],
  ['no route', null, null],
  ['neither', { ...route, remindEveryMinutes: null, escalateAfterMinutes: null, escalateChannelIds: [] }, null],
  ['nobody to escalate to', { ...route, escalateChannelIds: [] }, due(at(60), null)],
])('the first follow-up: %s', (_name, by, expected) => {
  expect(firstFollowUp(by, NOW)).toEqual(expected);
});

describe('judgeFollowUp', () => {
  it.each<[string, Partial<AlertFacts>, FollowUp, Route | null, string, FollowUp | null]>([
    ['a reminder', {}, due(at(0), at(5)), route, 'remind', due(at(60), at(5))],
    ['an escalation', {}, due(at(30), at(0)), route, 'escalate', due(at(30), null)],
    ['both', {}, due(at(-1), at(-1)), route, 'remind escalate', due(at(60), null)],
    ['the last', {}, due(null, at(0)), route, 'escalate', null],
    ['resolved', { state: 'resolved' }, due(at(0), at(0)), route, '', null],
    ['acknowledged', { acknowledged: true }, due(at(0), at(0)), route, '', due(at(60), at(1))],
    ['suppressed', { suppressed: true }, due(at(0), null), route, '', due(at(60), null)],
    ['quiet', {}, due(at(0), at(0)), quiet, '', due(at(60), at(60))],
    ['quiet, but critical', { severity: 'critical' }, due(at(0), null), quiet, 'remind', due(at(60), null)],
    ['no route any more', {}, due(at(0), null), null, '', null],
    ['reminders were switched off', {}, due(at(0), null), { ...route, remindEveryMinutes: null }, '', null],
  ])('%s', (_name, alert, planned, by, done, next) => {
    const verdict = judgeFollowUp(alertFacts(alert), planned, by, NOW);
    const did = [verdict.remind && 'remind', verdict.escalate && 'escalate'].filter(Boolean).join(' ');
    expect([did, verdict.next]).toEqual([done, next]);
  });
});
