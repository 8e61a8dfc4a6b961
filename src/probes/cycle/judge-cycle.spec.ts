import type { DeviceState, Observation } from '../state/device-state.js';
import { neverKnown } from '../state/judging.js';
import { judgeCycle, type TurnMaintenance } from './judge-cycle.js';

const STEP = 30;
const profile = { downAfter: 2, upAfter: 2, flapLow: 25, flapHigh: 30 };
const observation = (at: number, sign: string): Observation => ({
  at,
  outcome: sign === 'o' ? 'ok' : sign === 'x' ? 'failed' : 'unknown',
  sent: 3,
  received: sign === 'o' ? 3 : 0,
  rtt: null,
  error: sign === '?' ? 'not_reported' : sign === '!' ? 'fping_killed' : null,
  detail: null,
});

/** Device 1 is the parent of 2, which is the parent of 3. Each turn is a word with a sign for each: `oxx`; `-` leaves it out. */
function play(turns: string[], maintenance: ReadonlyMap<number, TurnMaintenance> = new Map()) {
  const states = new Map<number, DeviceState | null>();
  const told: string[] = [];
  const seen = turns.map((turn, index) => {
    const at = index * STEP;
    const nums = [1, 2, 3].filter((num) => (turn[num - 1] ?? ' ') !== ' ');
    const devices = nums.map((num) => {
      const above = states.get(num - 1);
      return {
        num,
        siteId: null,
        isProbed: true,
        profile,
        state: states.get(num) ?? null,
        parent:
          num === 1
            ? null
            : {
                num: num - 1,
                isProbed: true,
                state: above?.state ?? null,
                since: above?.since ?? null,
                downSince: above?.downSince ?? null,
                lastOutcome: null,
                lastAt: null,
              },
      };
    });
    const asked = nums.filter((num) => turn[num - 1] !== '-');
    const observations = new Map(asked.map((num) => [num, observation(at, turn[num - 1] as string)]));
    const verdict = judgeCycle({
      devices,
      bystanders: [],
      observations,
      maintenance,
      blind: false,
      at,
      intervalMs: STEP,
    });
    for (const { num, state } of verdict.states) states.set(num, state);
    told.push(...verdict.events.map(({ deviceNum, to, at: when }) => `${deviceNum} ${to}@${when}`));
    return [1, 2, 3].map((num) => states.get(num)?.state ?? null);
  });
  return { last: seen.at(-1), told, states };
}

describe('judgeCycle', () => {
  it.each<[string, string[], string[]]>([
    ['all die', ['ooo', 'ooo', 'xxx', 'xxx'], ['down', 'unreachable', 'unreachable']],
    [
      'nothing is known of the parent for a turn',
      ['ooo', 'ooo', 'xxx', 'xxx', '?xx'],
      ['unknown', 'unreachable', 'unreachable'],
    ],
    ['nor of the one between', ['ooo', 'ooo', 'xxx', 'xxx', '??x'], ['unknown', 'unknown', 'unreachable']],
    ['the driver breaks on the parent', ['ooo', 'ooo', 'xxx', 'xxx', '!xx'], ['unknown', 'unreachable', 'unreachable']],
    ['the parent was up before nothing was known', ['ooo', 'ooo', '?xx', '?xx'], ['unknown', 'down', 'unreachable']],
    ['the parent is back', ['ooo', 'ooo', 'xxx', 'xxx', '?xx', 'oxx', 'oxx'], ['up', 'down', 'unreachable']],
  ])('when %s', (_, turns, expected) => {
    expect(play(turns).last).toEqual(expected);
  });

  it('tells no child down behind a parent that is unknown for a turn', () => {
    const { told } = play(['ooo', 'ooo', 'xxx', 'xxx', '?xx', 'xxx', 'xxx']);
    expect(told.filter((each) => each.includes(' down@'))).toEqual(['1 down@60', '1 down@150']);
  });

  it('calls a fault of the driver by its name', () => {
    expect(play(['o', 'o', '!']).states.get(1)).toMatchObject({ state: 'unknown', cause: 'driver' });
  });

  it.each<[string, [number, number], string[]]>([
    ['at its begin, when the device was in it then', [45, 200], ['1 up@0', '1 up@45']],
    ['not before its last probe, when the device came to it later', [-500, 200], ['1 up@0', '1 up@30']],
  ])('tells maintenance %s', (_, [since, until], expected) => {
    const before = play(['o', 'o']);
    const state = before.states.get(1) as DeviceState;
    const { events } = judgeCycle({
      devices: [{ num: 1, siteId: null, isProbed: true, profile, state, parent: null }],
      bystanders: [],
      observations: new Map([[1, observation(60, 'o')]]),
      maintenance: new Map([[1, { since, until, collect: true, excused: true }]]),
      blind: false,
      at: 60,
      intervalMs: STEP,
    });
    expect([...before.told, ...events.map(({ to, at }) => `1 ${to}@${at}`)]).toEqual(expected);
  });

  it('tells maintenance of a device that was never probed now', () => {
    const maintenance = new Map([[1, { since: -500, until: 200, collect: true, excused: true }]]);
    expect(play(['o'], maintenance).told).toEqual(['1 unknown@0']);
  });

  it('keeps what is in maintenance without probes fresh, however often its end is moved', () => {
    const left = (until: number) => new Map([[1, { since: 0, until, collect: false, excused: true }]]);
    const state = { ...neverKnown(0), state: 'up' as const, lastAt: 0, freshUntil: 90 };
    const judge = (until: number) =>
      judgeCycle({
        devices: [{ num: 1, siteId: null, isProbed: true, profile, state, parent: null }],
        bystanders: [],
        observations: new Map(),
        maintenance: left(until),
        blind: false,
        at: 600,
        intervalMs: STEP,
      }).states[0]?.state;
    expect([judge(1_000), judge(2_000)]).toMatchObject([
      { state: 'up', lastAt: 0, freshUntil: 1_090 },
      { state: 'up', lastAt: 0, freshUntil: 2_090 },
    ]);
  });

  it('takes times of a clock that was ahead for now', () => {
    const ahead = { ...neverKnown(9_000), state: 'up' as const, eventAt: 9_000, lastAt: 9_000, freshUntil: 9_090 };
    const { events } = judgeCycle({
      devices: [{ num: 1, siteId: null, isProbed: true, profile, state: ahead, parent: null }],
      bystanders: [],
      observations: new Map([[1, observation(60, '?')]]),
      maintenance: new Map(),
      blind: false,
      at: 60,
      intervalMs: STEP,
    });
    expect(events).toMatchObject([{ to: 'unknown', at: 60 }]);
  });
});
