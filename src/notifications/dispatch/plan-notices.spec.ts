import { alertFacts } from '../../../test/support/alert-facts.js';
import { notificationRoute } from '../../../test/support/notification-route.js';
import type { AlertFacts } from '../../alerts/outbox/alert-facts.js';
import type { Severity } from '../../alerts/severity.js';
import type { Route } from '../policy/route.js';
import type { DeliveryState, Gathering, NoticeKind, Opening } from './delivery.js';
import { MAX_MEMBERS, type NoticeItem, type NoticePlan, type PlanGround, planNotices } from './plan-notices.js';

const NOW = Date.parse('2026-11-21T12:00:00Z');
const GROUP = JSON.stringify([['site', 's1']]);
const item = (kind: NoticeKind, alert: Partial<AlertFacts> = {}): NoticeItem => {
  const state = kind === 'resolved' ? ('resolved' as const) : ('firing' as const);
  return { kind, at: NOW, alert: alertFacts({ state, ...alert }) };
};
const ROUTE = notificationRoute('r');
const opening = (state: DeliveryState, more: Partial<Opening> = {}): Opening => ({
  alertId: 'a1',
  deliveryId: 'd1',
  channelId: 'ops',
  channelName: 'ops',
  channelKind: 'webhook',
  kind: 'firing',
  state,
  uncertain: false,
  groupKey: GROUP,
  groupLabels: { site: 'Berlin' },
  ...more,
});
const gathering = (more: Partial<Gathering> = {}): Gathering => ({
  id: 'g1',
  channelId: 'ops',
  groupKey: GROUP,
  kind: 'firing',
  severity: 'high',
  at: NOW + 10_000,
  held: false,
  members: 1,
  ...more,
});
const ground = (more: Partial<PlanGround> = {}, routes: Route[] = []): PlanGround => {
  let next = 0;
  const ops = { id: 'ops', name: 'ops', kind: 'webhook', enabled: true, isDefault: true };
  return {
    routing: { routes, channels: new Map([['ops', ops]]), matchesDevice: () => false },
    openings: [],
    gathering: [],
    now: NOW,
    waitSeconds: 30,
    newId: () => `n${++next}`,
    ...more,
  };
};
/** `kind members` of what is made, and what else is written. */
const briefly = ({ made, members, dropped, perhapsMoot, changed, untold }: NoticePlan) => ({
  made: made.map(({ kind, members: count }) => `${kind} ${count}`),
  joined: members.map(({ deliveryId }) => deliveryId),
  ...(dropped.length > 0 && { dropped: dropped.map(({ deliveryId }) => deliveryId) }),
  ...(perhapsMoot.length > 0 && { moot: perhapsMoot }),
  ...(changed.length > 0 && { changed: changed.map(({ id, severity, at }) => `${id} ${severity} ${at - NOW}`) }),
  ...(untold.length > 0 && { untold }),
});

describe('planNotices', () => {
  it.each<[string, NoticeItem[], Partial<PlanGround>, object]>([
    ['an opening', [item('firing')], {}, { made: ['firing 1'], joined: ['n1'] }],
    [
      'two of a group',
      [item('firing'), item('firing', { id: 'a2' })],
      {},
      { made: ['firing 2'], joined: ['n1', 'n1'] },
    ],
    [
      'two groups',
      [item('firing'), item('firing', { id: 'a2', siteId: 's2' })],
      {},
      { made: ['firing 1', 'firing 1'], joined: ['n1', 'n2'] },
    ],
    ['one that gathers', [item('firing')], { gathering: [gathering()] }, { made: [], joined: ['g1'] }],
    [
      'a worse one',
      [item('firing', { severity: 'critical' })],
      { gathering: [gathering()] },
      { made: [], joined: ['g1'], changed: ['g1 critical 5000'] },
    ],
    [
      'one that is full',
      [item('firing')],
      { gathering: [gathering({ members: MAX_MEMBERS })] },
      { made: ['firing 1'], joined: ['n1'] },
    ],
    [
      'one held by quiet hours is left to wait',
      [item('firing')],
      { gathering: [gathering({ held: true })] },
      { made: ['firing 1'], joined: ['n1'] },
    ],
    [
      'of another kind',
      [item('firing')],
      { gathering: [gathering({ kind: 'resolved' })] },
      { made: ['firing 1'], joined: ['n1'] },
    ],
    ['ended since', [item('firing', { state: 'resolved' })], {}, { made: [], joined: [] }],
    ['told already', [item('firing')], { openings: [opening('delivered')] }, { made: [], joined: [] }],
    ['about to be told', [item('firing')], { openings: [opening('waiting')] }, { made: [], joined: [] }],
    ['given up before', [item('firing')], { openings: [opening('failed')] }, { made: ['firing 1'], joined: ['n1'] }],
    ['a reminder', [item('reminder')], { openings: [opening('delivered')] }, { made: ['reminder 1'], joined: ['n1'] }],
    [
      'a reminder before the opening is through',
      [item('reminder')],
      { openings: [opening('retrying')] },
      { made: [], joined: [] },
    ],
    [
      'a reminder while the opening is made',
      [item('firing'), item('reminder')],
      {},
      { made: ['firing 1'], joined: ['n1'] },
    ],
    ['an end nobody waits for', [item('resolved')], {}, { made: [], joined: [] }],
    [
      'an end of what was told',
      [item('resolved')],
      { openings: [opening('delivered')] },
      { made: ['resolved 1'], joined: ['n1'] },
    ],
    [
      'an end of what was told twice',
      [item('resolved')],
      { openings: [opening('delivered'), opening('delivered', { deliveryId: 'd2', kind: 'reminder' })] },
      { made: ['resolved 1'], joined: ['n1'] },
    ],
    [
      'an end before it is told',
      [item('resolved')],
      { openings: [opening('waiting')] },
      { made: [], joined: [], dropped: ['d1'] },
    ],
    [
      'an end while it is told',
      [item('resolved')],
      { openings: [opening('sending')] },
      { made: ['resolved 1'], joined: ['n1'] },
    ],
    [
      'an end before a further attempt',
      [item('resolved')],
      { openings: [opening('retrying')] },
      { made: ['resolved 1'], joined: ['n1'], moot: ['d1'] },
    ],
    ['an end of what was given up', [item('resolved')], { openings: [opening('failed')] }, { made: [], joined: [] }],
    [
      'an end of what may have arrived',
      [item('resolved')],
      { openings: [opening('failed', { uncertain: true })] },
      { made: ['resolved 1'], joined: ['n1'] },
    ],
  ])('%s', (_name, items, more, expected) => {
    expect(briefly(planNotices(items, ground(more)))).toEqual(expected);
  });

  it.each<[string, NoticeItem, Opening[], number]>([
    ['told', item('firing'), [], 1],
    ['told again to who knows', item('firing'), [opening('delivered')], 0],
    ['told again, to another for the first time', item('firing'), [opening('delivered', { channelId: 'gone' })], 1],
    ['reminded of', item('reminder'), [opening('delivered')], 1],
  ])('one that is %s: plans of following up are made %#', (_name, given, openings, made) => {
    const plan = planNotices([given], ground({ openings }, [{ ...ROUTE, remindEveryMinutes: 60 }]));
    expect(plan.followUps).toHaveLength(made);
  });

  it('what different routes hold back goes out when each of them ends', () => {
    const route = (severity: Severity, to: string): Route => ({
      ...ROUTE,
      id: severity,
      matchers: { severities: [severity] },
      quietHours: { timezone: 'UTC', from: '11:00', to, except: [] },
    });
    const routes = [route('high', '13:00'), route('low', '14:00')];
    const held = gathering({ id: 'g13', held: true, at: NOW + 3_600_000 });
    const items = [item('firing'), ...['a2', 'a3'].map((id) => item('firing', { id, severity: 'low' }))];
    const plan = planNotices(items, ground({ gathering: [held] }, routes));
    expect(plan.members.map(({ deliveryId }) => deliveryId)).toEqual(['g13', 'n1', 'n1']);
    expect(plan.made).toMatchObject([{ id: 'n1', held: true, at: NOW + 2 * 3_600_000 }]);
    expect(plan.changed).toEqual([]);
  });

  describe('those it is escalated to', () => {
    const routes: Route[] = [{ ...ROUTE, escalateAfterMinutes: 10, escalateChannelIds: ['boss'] }];
    const boss = { id: 'boss', name: 'boss', kind: 'webhook', enabled: true, isDefault: false };
    const told = (items: NoticeItem[], openings: Opening[]) => {
      const { routing } = ground({}, routes);
      const channels = new Map([...routing.channels, ['boss', boss]]);
      const plan = planNotices(items, ground({ openings, routing: { ...routing, channels } }));
      return [plan.made.map(({ kind, channelId }) => `${kind} ${channelId}`), plan.followUps.length];
    };
    const escalation = (state: DeliveryState) => opening(state, { channelId: 'boss', kind: 'escalation' });

    it.each<[string, NoticeItem[], Opening[], unknown[]]>([
      ['are reminded as well', [item('reminder')], [escalation('delivered')], [['reminder ops', 'reminder boss'], 0]],
      ['not of what they were not told of', [item('reminder')], [escalation('cancelled')], [['reminder ops'], 1]],
      [
        'are told that once when a reminder is due as well',
        [item('escalation'), item('reminder')],
        [],
        [['escalation boss', 'reminder ops'], 0],
      ],
    ])('%s', (_name, items, openings, expected) => expect(told(items, openings)).toEqual(expected));
  });

  it('names those that nobody is told of', () => {
    const plan = planNotices(
      [item('firing')],
      ground({ routing: { routes: [], channels: new Map(), matchesDevice: () => false } }),
    );
    expect(briefly(plan)).toEqual({ made: [], joined: [], untold: ['a1'] });
  });

  it('decides for the others when it cannot for one', () => {
    const broken = item('firing', { id: 'broken', groupBy: 5 as never });
    const plan = planNotices([broken, item('firing')], ground());
    expect(briefly(plan)).toEqual({ made: ['firing 1'], joined: ['n1'], untold: ['broken'] });
    expect(plan.faults).toEqual([{ alertId: 'broken', reason: expect.stringContaining('TypeError') as string }]);
  });
});
