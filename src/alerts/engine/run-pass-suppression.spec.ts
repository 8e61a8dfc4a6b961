import {
  DOWN,
  device,
  last,
  names,
  nothing,
  NOW,
  pass,
  rule,
  type Scene,
  seconds,
  silence,
  stored,
} from '../../../test/support/pass-scene.js';
import { signalKey, UNKNOWN } from '../../metrics/metric.js';

describe('suppression in a pass', () => {
  const internal = (state: number[], failing: number[] = [], flapping: number[] = []) => ({
    'device.state_code': state,
    'device.failing': state.map((_, index) => failing[index] ?? 0),
    'device.flapping': state.map((_, index) => flapping[index] ?? 0),
  });
  const family = (children: number) => [
    device(1),
    ...Array.from({ length: children }, (_, index) => device(index + 2, { parentNum: 1 })),
  ];

  it('opens one alert for a dead parent of 875', () => {
    const devices = family(875);
    const values = {
      ...internal(devices.map((_, row) => (row === 0 ? 1 : 3))),
      [DOWN]: devices.map((_, row) => (row === 0 ? 75 : UNKNOWN)),
    };
    const outcome = pass({ devices, values });
    expect(names(outcome.opened)).toEqual(['d1']);
  });

  it('holds children back that failed a cycle before their parent', () => {
    const devices = family(875);
    const values = {
      ...internal(
        devices.map((_, row) => (row === 0 ? 0 : 1)),
        [1],
      ),
      [DOWN]: devices.map((_, row) => (row === 0 ? 0 : 75)),
    };
    const outcome = pass({ devices, values });
    expect(outcome.opened.filter(({ state }) => state.state === 'firing')).toEqual([]);
    expect(new Set(outcome.opened.map(({ state }) => state.suppression?.by))).toEqual(new Set(['parent']));
    expect(outcome.opened.every(({ outbox }) => outbox === null)).toBe(true);
  });

  it('keeps children that fired before, suppressed', () => {
    const open = [stored({ targetKey: 'id-2', deviceNum: 2 })];
    const outcome = pass({ devices: family(1), values: { ...internal([1, 3]), [DOWN]: [75, UNKNOWN] }, open });
    expect(outcome.changed).toMatchObject([
      { state: { state: 'firing', suppression: { by: 'parent' } }, outbox: null },
    ]);
    expect(outcome.resolved).toEqual([]);
  });

  it('looks at all ancestors, through disabled ones, and not forever', () => {
    const chain = [device(1), device(2, { parentNum: 1, enabled: false }), device(3, { parentNum: 2 })];
    const values = { ...internal([1, 0, 1]), [DOWN]: [75, 0, 75] };
    expect(pass({ devices: chain, values }).opened.map(({ state }) => state.suppression?.by)).toEqual([
      undefined,
      'parent',
    ]);
    const loop = [
      device(1, { parentNum: 2 }),
      device(2, { parentNum: 1 }),
      device(3, { parentNum: 3 }),
      device(4, { parentNum: 99 }),
    ];
    expect(names(pass({ devices: loop, values: { ...internal([0, 0, 1, 1]), [DOWN]: [0, 0, 0, 75] } }).opened)).toEqual(
      ['d4'],
    );
  });

  it('knows maintenance, flapping and silences, in this order', () => {
    const values = { ...internal([1], [], [1]), [DOWN]: [75] };
    const maintenance = new Map([[1, { until: new Date(NOW + 45_000) }]]);
    const by = (scene: Scene) =>
      pass({ values, silences: [silence()], ...scene }).opened.map(({ state }) => [state.state, state.suppression?.by]);
    expect(by({ maintenance })).toEqual([['pending', 'maintenance']]);
    expect(by({})).toEqual([['pending', 'flapping']]);
    expect(by({ values: { [DOWN]: [75] } })).toEqual([['firing', 'silence']]);
    expect(by({ values: { [DOWN]: [75] }, silences: [silence({ endsAt: NOW })] })).toEqual([['firing', undefined]]);
    expect(by({ values: { [DOWN]: [75] }, silences: [silence({ startsAt: NOW + 1 })] })).toEqual([
      ['firing', undefined],
    ]);
    expect(seconds(pass({ values, maintenance }))).toBe(45);
  });

  it.each<[string, Record<string, number[]>, 'parent' | 'flapping', string | undefined]>([
    ['nothing could be read', {}, 'parent', 'parent'],
    ['nothing could be read', {}, 'flapping', 'flapping'],
    ['only values could', { [DOWN]: [0, 75] }, 'parent', 'parent'],
    ['only values could', { [DOWN]: [0, 75] }, 'flapping', 'flapping'],
    ['nobody probes either', { ...internal([2, 2], [], [0, UNKNOWN]), [DOWN]: [UNKNOWN, UNKNOWN] }, 'parent', 'parent'],
    ['nobody probes it', { ...internal([0, 2], [], [0, UNKNOWN]), [DOWN]: [0, UNKNOWN] }, 'flapping', 'flapping'],
    ['nobody probes its parent, but it is down', { ...internal([2, 1]), [DOWN]: [UNKNOWN, 75] }, 'parent', undefined],
    ['its parent is back', { ...internal([0, 1]), [DOWN]: [0, 75] }, 'parent', undefined],
    ['it is calm', { ...internal([0, 1]), [DOWN]: [0, 75] }, 'flapping', undefined],
  ])('that is not over goes on when %s', (_name, values, by, after) => {
    const suppression = { by, id: null };
    const open = [stored({ targetKey: 'id-2', deviceNum: 2, announcedAt: null, suppression })];
    const failedSignals = new Set(
      [DOWN, 'device.state_code', 'device.failing', 'device.flapping']
        .filter((metric) => !(metric in values))
        .map((metric) => signalKey(last(metric))),
    );
    const { changed } = pass({ devices: family(1), values, failedSignals, open, members: new Map([['rule-1', [2]]]) });
    expect(changed.length === 0 ? by : changed[0]!.state.suppression?.by).toBe(after);
    expect(changed.flatMap(({ outbox }) => outbox ?? [])).toEqual(after ? [] : ['firing']);
  });

  it('that was not there does not begin when nothing can be read', () => {
    const { opened } = pass({ devices: family(1), values: { [DOWN]: [0, 75] } });
    expect(opened).toMatchObject([{ state: { suppression: null }, outbox: 'firing' }]);
  });

  it('lets a rule about flapping open for a flapping device', () => {
    const flaps = rule({ condition: { metric: 'device.flapping', op: '==', value: 1 } });
    expect(pass({ values: internal([0], [], [1]), rules: [flaps] }).opened).toMatchObject([
      { state: { state: 'firing' } },
    ]);
  });

  it('stays with the silence that it has', () => {
    const silences = [silence(), silence({ id: 'silence-2' })];
    const open = [stored({ suppression: { by: 'silence', id: 'silence-2' } })];
    expect(pass({ values: { [DOWN]: [90] }, silences, open })).toMatchObject(nothing);
    expect(pass({ values: { [DOWN]: [90] }, silences: [silence()], open }).changed).toMatchObject([
      { state: { suppression: { id: 'silence-1' } } },
    ]);
  });
});
