import { alertFacts } from '../../../test/support/alert-facts.js';
import type { AlertFacts } from '../../alerts/outbox/alert-facts.js';
import type { Route } from '../policy/route.js';
import type { DeliveryState, Gathering, NoticeKind, Opening } from './delivery.js';
import { MAX_MEMBERS, type NoticeItem, type NoticePlan, type PlanGround, planNotices } from './plan-notices.js';

const NOW = Date.parse('2026-11-21T12:00:00Z');
const GROUP = JSON.stringify([['site', 's1']]);
const item = (kind: NoticeKind, alert: Partial<AlertFacts> = {}): NoticeItem => {
  const state = kind === 'resolved' ? ('resolved' as const) : ('firing' as const);
  return { kind, at: NOW, alert: alertFacts({ state, ...alert }) };
};
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
