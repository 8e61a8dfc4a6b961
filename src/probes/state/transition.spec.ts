import * as fc from 'fast-check';
import type { DeviceState, Observation } from './device-state.js';
import { isFlapping } from './flapping.js';
import { disable, type StateProfile, suppress, transition } from './transition.js';
import type { OngoingMaintenance, StateChange } from './judging.js';

const STEP = 30;
const standard: StateProfile = { downAfter: 2, upAfter: 2, flapLow: 25, flapHigh: 30 };
const letters = { up: 'U', down: 'D', unknown: '?', unreachable: 'R' } as const;

/**
 * Plays a series, one character every 30 s: `o` answered, `x` failed, `?` not reported, `!` driver broken; `b` failed and `B`
 * answered while blind; `p` failed and `P` answered while the parent is blocked; `m` failed and `M` answered in excused maintenance;
 * `c` failed in maintenance that counts; `-` not probed, `_` not probed in maintenance; `#` disabled; `^` the parent's commit
 * suppresses it.
 */
function play(series: string, profile: StateProfile = standard, from: DeviceState | null = null) {
  let state = from;
  const events: StateChange[] = [];
  let states = '';
  [...series].forEach((sign, index) => {
    const at = index * STEP;
    const step = next(state, sign, at, profile, index, series);
    if (step) {
      state = step.state;
      events.push(...step.events);
    }
    const letter = state ? letters[state.state] : ' ';
    states += state && !state.hard ? letter.toLowerCase() : letter;
  });
  return { states, events, state: state as DeviceState | null };
}

function next(
  state: DeviceState | null,
  sign: string,
  at: number,
  profile: StateProfile,
  index: number,
  series: string,
) {
  if (sign === '#') return state && disable(state, at);
  if (sign === '^') return state && suppress(state, at - 5);
  const context = {
    parentBlocked: 'pP'.includes(sign),
    blind: 'bB'.includes(sign),
    maintenance: maintenanceOf(series, index),
    at,
    intervalMs: STEP,
  };
  return transition(state, observationOf(sign, at), profile, context);
}

/** Windows begin 5 s before the first sign in them and end 5 s before the first sign after them. */
function maintenanceOf(series: string, index: number): OngoingMaintenance | null {
  const inside = (at: number) => at >= 0 && 'mMc_'.includes(series[at] ?? ' ');
  if (!inside(index)) return null;
  let first = index;
  while (inside(first - 1)) first--;
  let last = index;
  while (inside(last + 1)) last++;
  return { since: first * STEP - 5, until: (last + 1) * STEP - 5, excused: series[index] !== 'c' };
}

function observationOf(sign: string, at: number): Observation | null {
  if ('-_'.includes(sign)) return null;
  const outcome = 'oBPM'.includes(sign) ? 'ok' : '?!'.includes(sign) ? 'unknown' : 'failed';
  const error = sign === '!' ? 'driver' : sign === '?' ? 'not_reported' : outcome === 'failed' ? 'timeout' : null;
  return { at, outcome, sent: 3, received: outcome === 'ok' ? 3 : 0, rtt: null, error, detail: null };
}

const told = (events: StateChange[]) => events.map(({ at, to }) => `${letters[to]}@${at}`).join(' ');

describe('transition', () => {
  // Capital: hard; small: results disagree, but not often enough yet. Events are dated.
  it.each([
    // From nothing.
    ['o', '?', ''],
    ['oo', '?U', 'U@0'],
    ['x', '?', ''],
    ['xx', '?D', 'D@0'],
    ['xo', '??', ''],
    ['xoxo', '????', ''],
    ['xoo', '??U', 'U@30'],
    ['oxx', '??D', 'D@30'],
    ['?', '?', ''],
    ['?o?o', '???U', 'U@30'],
    ['!x!x', '???D', 'D@30'],
    // Counting.
    ['ooo', '?UU', 'U@0'],
    ['oox', '?Uu', 'U@0'],
    ['ooxo', '?UuU', 'U@0'],
    ['ooxoxox', '?UuUuUu', 'U@0'],
    ['ooxx', '?UuD', 'U@0 D@60'],
    ['ooxxx', '?UuDD', 'U@0 D@60'],
    ['ooxxo', '?UuDd', 'U@0 D@60'],
    ['ooxxox', '?UuDdD', 'U@0 D@60'],
    ['ooxxoo', '?UuDdU', 'U@0 D@60 U@120'],
    ['ooxxoxoo', '?UuDdDdU', 'U@0 D@60 U@180'],
    // Unknown results: at once, and neither counted nor forgetting.
    ['oo?', '?U?', 'U@0 ?@60'],
    ['oo??', '?U??', 'U@0 ?@60'],
    ['oo?o', '?U?U', 'U@0 ?@60 U@90'],
    ['oo!o', '?U?U', 'U@0 ?@60 U@90'],
    ['oo?x', '?U??', 'U@0 ?@60'],
    ['oo?xx', '?U??D', 'U@0 ?@60 D@90'],
    ['oox?x', '?Uu?D', 'U@0 ?@90 D@90'],
    ['oox??x', '?Uu??D', 'U@0 ?@90 D@90'],
    ['oox?o', '?Uu?U', 'U@0 ?@90 U@120'],
    ['oo?xo', '?U??U', 'U@0 ?@60 U@120'],
    ['xx?x', '?D?D', 'D@0 ?@60 D@90'],
    ['xx?o', '?D??', 'D@0 ?@60'],
    ['xx?oo', '?D??U', 'D@0 ?@60 U@90'],
    ['xxo?o', '?Dd?U', 'D@0 ?@90 U@90'],
    ['xx?ox', '?D??D', 'D@0 ?@60 D@120'],
    // Parents.
    ['ooxp', '?UuR', 'U@0 R@60'],
    ['oop', '?Uu', 'U@0'],
    ['oopp', '?UuR', 'U@0 R@60'],
    ['ooppp', '?UuRR', 'U@0 R@60'],
    ['ooppx', '?UuRD', 'U@0 R@60 D@120'],
    ['ooppo', '?UuRr', 'U@0 R@60'],
    ['ooppoo', '?UuRrU', 'U@0 R@60 U@120'],
    ['ooppPP', '?UuRrU', 'U@0 R@60 U@120'],
    ['ooPP', '?UUU', 'U@0'],
    ['xxp', '?DR', 'D@0 R@60'],
    ['xxpx', '?DRD', 'D@0 R@60 D@90'],
    ['pp', '?R', 'R@0'],
    ['ooppox', '?UuRrr', 'U@0 R@60'],
    ['ooppoxx', '?UuRrrD', 'U@0 R@60 D@150'],
    ['oopp?p', '?UuR?R', 'U@0 R@60 ?@120 R@150'],
    ['oopp?x', '?UuR?D', 'U@0 R@60 ?@120 D@150'],
    ['oopp?o', '?UuR?U', 'U@0 R@60 ?@120 U@150'],
    ['xx^', '?DR', 'D@0 R@55'],
    ['xx^x', '?DRD', 'D@0 R@55 D@90'],
    ['xx^p', '?DRR', 'D@0 R@55'],
    ['xxo^', '?Ddd', 'D@0'],
    ['oo^', '?UU', 'U@0'],
    // Blind.
    ['oob', '?U?', 'U@0 ?@60'],
    ['oobbbb', '?U????', 'U@0 ?@60'],
    ['ooBB', '?UUU', 'U@0'],
    ['oobo', '?U?U', 'U@0 ?@60 U@90'],
    ['oobx', '?U??', 'U@0 ?@60 ?@90'],
    ['oobxx', '?U??D', 'U@0 ?@60 ?@90 D@90'],
    ['ooxbx', '?Uu?D', 'U@0 ?@90 D@120'],
    ['xxb', '?D?', 'D@0 ?@60'],
    ['xxbx', '?D?D', 'D@0 ?@60 D@90'],
    ['bb', '??', '?@0'],
    // Not probed.
    ['oo-', '?UU', 'U@0'],
    ['oox-x', '?UuuD', 'U@0 D@60'],
    // Maintenance.
    ['ooMMo', '?UUUU', 'U@0 U@55 U@115'],
    ['oo__o', '?UUUU', 'U@0 U@55 U@115'],
    ['oommo', '?UuDd', 'U@0 U@55 D@60 D@115'],
    ['ooxm', '?UuD', 'U@0 U@85 D@85'],
    ['MM', '?U', '?@0 U@0'],
    // Nobody probes it: unknown after three intervals, dated one interval after the last probe.
    ['oo----o', '?UUUU?U', 'U@0 ?@60 U@180'],
    ['oo---?', '?UUUU?', 'U@0 ?@60'],
    ['oo--o', '?UUUU', 'U@0'],
    ['oo---x', '?UUUU?', 'U@0 ?@60'],
    ['oox----xx', '?Uuuuu?DD', 'U@0 ?@90 D@210'],
    // Disabled.
    ['oo#', '?U?', 'U@0 ?@60'],
    ['oo##', '?U??', 'U@0 ?@60'],
    ['oo?#', '?U??', 'U@0 ?@60 ?@90'],
    ['oo#o', '?U?U', 'U@0 ?@60 U@90'],
    ['oox#x', '?Uu??', 'U@0 ?@90'],
    ['oox#xx', '?Uu??D', 'U@0 ?@90 D@120'],
    ['oo#o#', '?U?U?', 'U@0 ?@60 U@90 ?@120'],
  ])('%s -> %s', (series, states, events) => {
    const played = play(series);
    expect([played.states, told(played.events)]).toEqual([states, events]);
  });

  it.each([
    [1, 1, 'oxo', 'UDU', 'U@0 D@30 U@60'],
    [3, 1, 'oxxox', 'UuuUu', 'U@0'],
    [3, 1, 'oxxx', 'UuuD', 'U@0 D@30'],
    [1, 3, 'xooo', 'DddU', 'D@0 U@30'],
    [1, 1, 'ob', 'U?', 'U@0 ?@30'],
    [1, 1, 'op', 'UR', 'U@0 R@30'],
    [5, 2, 'ooxx?xx?x', '?Uuu????D', 'U@0 ?@120 D@120'],
  ])('down after %d, up after %d: %s -> %s', (downAfter, upAfter, series, states, events) => {
    const played = play(series, { ...standard, downAfter, upAfter });
    expect([played.states, told(played.events)]).toEqual([states, events]);
  });

  it('says why it is in its state', () => {
    const causeOf = (series: string) => play(series).state?.cause;
    expect(['oo', 'xx', 'oo?', 'oo!', 'oob', 'oopp', 'oo#', 'oobx'].map(causeOf)).toEqual([
      'probe',
      'probe',
      'not_reported',
      'driver',
      'blind',
      'parent',
      'disabled',
      'probe',
    ]);
  });

  it('tells the first event from nothing, later ones from the state before', () => {
    const { events } = play('MMxx');
    expect(events.map(({ from, to }) => `${from} ${to}`)).toEqual(['null unknown', 'unknown up', 'up up', 'up down']);
  });

  it('keeps the last known state and the begin of the outage beside unknown', () => {
    expect(play('xx?').state).toMatchObject({ state: 'unknown', lastKnownState: 'down', downSince: 0 });
    expect(play('xx?x').state).toMatchObject({ state: 'down', since: 90, downSince: 0 });
    expect(play('xxoo').state).toMatchObject({ state: 'up', downSince: null });
    expect(play('oob').state).toMatchObject({ state: 'unknown', lastKnownState: 'up', blind: true, downSince: null });
    expect(play('ooppx').state).toMatchObject({ state: 'down', since: 120, downSince: 60 });
  });

  it('flags maintenance at its boundaries, and events in it', () => {
    const { events, state } = play('oommcco');
    expect(events.map((event) => [event.at, event.to, event.inMaintenance, event.excused])).toEqual([
      [0, 'up', false, false],
      [55, 'up', true, true],
      [60, 'down', true, true],
      [120, 'down', true, false],
      [175, 'down', false, false],
    ]);
    expect(state).toMatchObject({ inMaintenance: false, excused: false, maintenanceUntil: null });
  });

  it('tells both boundaries when a window ended and the next began between two probes', () => {
    const before = transition(null, observationOf('o', 0), standard, {
      parentBlocked: false,
      blind: false,
      at: 0,
      intervalMs: STEP,
      maintenance: { since: -10, until: 10, excused: true },
    });
    const after = transition(before.state, observationOf('o', 30), standard, {
      parentBlocked: false,
      blind: false,
      at: 30,
      intervalMs: STEP,
      maintenance: { since: 20, until: 50, excused: true },
    });
    expect(after.events.map(({ at, inMaintenance }) => [at, inMaintenance])).toEqual([
      [10, false],
      [20, true],
      [20, true],
    ]);
  });

  it('ends maintenance that was called off when that is seen', () => {
    const { state } = play('oo_');
    const step = transition({ ...state!, maintenanceUntil: 10_000 }, null, standard, {
      parentBlocked: false,
      blind: false,
      maintenance: null,
      at: 90,
      intervalMs: STEP,
    });
    expect(step.events).toMatchObject([{ at: 90, inMaintenance: false, to: 'up' }]);
  });

  it('dates unreachable to the parent when a device is down before it', () => {
    const down = play('ooxx').state;
    const context = {
      parentBlocked: true,
      parentSince: 100,
      blind: false,
      maintenance: null,
      at: 120,
      intervalMs: STEP,
    };
    expect(transition(down, observationOf('x', 120), standard, context).events).toMatchObject([
      { at: 100, from: 'down', to: 'unreachable', cause: 'parent' },
    ]);
  });

  it('exposes flapping without changing the state', () => {
    expect(play('oo' + 'xo'.repeat(10)).state).toMatchObject({ state: 'up', flapping: true, historyLength: 20 });
    expect(play('oo' + 'xo'.repeat(10) + 'o'.repeat(20)).state).toMatchObject({ flapping: false, history: 0 });
  });

  it('does not go back when the clock does', () => {
    const up = play('ooo').state;
    const late = transition(up, observationOf('?', -100), standard, {
      parentBlocked: false,
      blind: false,
      maintenance: null,
      at: -100,
      intervalMs: STEP,
    });
    expect(late.events).toMatchObject([{ at: 0 }]);
  });

  describe('for any series', () => {
    const signs = fc.array(fc.constantFrom(...'ooxxo?!bBpPmMc-_#^'), { maxLength: 60 }).map((each) => each.join(''));
    const counts = fc.record({ downAfter: fc.integer({ min: 1, max: 5 }), upAfter: fc.integer({ min: 1, max: 5 }) });

    it('dates events in order, and the state by the last of them', () => {
      fc.assert(
        fc.property(signs, counts, (series, { downAfter, upAfter }) => {
          const { events, state } = play(series, { ...standard, downAfter, upAfter });
          events.slice(1).forEach((event, index) => {
            expect(event.at).toBeGreaterThanOrEqual(events[index]!.at);
            expect(event.from).toBe(events[index]!.to);
          });
          const last = events.at(-1);
          const { to = state?.state, at = null, blind = false, inMaintenance = false, excused = false } = last ?? {};
          const expected = { state: to, eventAt: at, blind, inMaintenance, excused };
          expect(state ?? expected).toMatchObject(expected);
        }),
      );
    });

    it('comes to the same in two parts, the state stored between them', () => {
      fc.assert(
        fc.property(signs, fc.nat(60), (series, cut) => {
          const whole = play(series.replace(/[mMc_]/g, 'o'));
          let state: DeviceState | null = null;
          [...series.replace(/[mMc_]/g, 'o')].forEach((sign, index, all) => {
            if (index === cut) state = JSON.parse(JSON.stringify(state)) as DeviceState | null;
            state = next(state, sign, index * STEP, standard, index, all.join(''))?.state ?? state;
          });
          expect(state).toEqual(whole.state);
        }),
      );
    });

    it('goes down and up after exactly as many results, unknown ones left out', () => {
      fc.assert(
        fc.property(
          fc.array(fc.constantFrom('o', 'x'), { maxLength: 60 }).map((each) => each.join('')),
          counts,
          (series, { downAfter, upAfter }) => {
            let expected = '?';
            let run = 0;
            const states = [...series].map((sign, index) => {
              run = sign === series[index - 1] ? run + 1 : 1;
              if (sign === 'x' && run >= downAfter) expected = 'D';
              if (sign === 'o' && run >= upAfter) expected = 'U';
              return expected;
            });
            const played = play(series, { ...standard, downAfter, upAfter }).states.toUpperCase();
            expect(played).toBe(states.join(''));
          },
        ),
      );
    });

    it('never calls a device down while blind, unreported, or behind a parent that is down', () => {
      fc.assert(
        fc.property(fc.array(fc.constantFrom(...'o?!bBpP'), { maxLength: 60 }), (series) => {
          expect(play(series.join('')).events.filter(({ to }) => to === 'down')).toEqual([]);
        }),
      );
    });
  });
});

describe('isFlapping', () => {
  const thresholds = { low: 25, high: 30 };
  const of = (results: string, was: boolean) =>
    isFlapping({ history: parseInt(results, 2), historyLength: results.length }, was, thresholds);

  it.each([
    ['00000000000000000000', false, false],
    ['01010101010101010101', false, true],
    ['00000000000000000001', false, false],
    ['00000000000001010101', false, true],
    ['11111111110101000000', true, true],
    ['11111111110101000000', false, false],
    ['01010000000000000000', true, false],
    ['01', false, false],
  ])('%s, before %s: %s', (results, was, is) => {
    expect(of(results, was)).toBe(is);
  });

  it('weighs new changes more than old ones', () => {
    expect([of('00000000000000010101', false), of('10101000000000000000', false)]).toEqual([true, false]);
  });
});
