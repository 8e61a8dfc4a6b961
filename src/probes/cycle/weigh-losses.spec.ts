import type { Observation } from '../state/device-state.js';
import { neverKnown } from '../state/judging.js';
import type { JudgedDevice, ParentFacts } from './judged-device.js';
import { weighLosses } from './weigh-losses.js';

const DUE = 1_000;
const profile = { downAfter: 2, upAfter: 2, flapLow: 25, flapHigh: 30 };
const up = { ...neverKnown(0), state: 'up' as const, lastKnownState: 'up' as const };
const device = (num: number, changes: Partial<JudgedDevice> = {}): JudgedDevice => ({
  num,
  siteId: 'north',
  isProbed: true,
  profile,
  state: up,
  parent: null,
  ...changes,
});
const seen = (outcome: Observation['outcome']): Observation => ({
  at: DUE,
  outcome,
  sent: 3,
  received: 0,
  rtt: null,
  error: null,
  detail: null,
});
const parent = (changes: Partial<ParentFacts> = {}): ParentFacts => ({
  num: 9,
  isProbed: true,
  state: 'up',
  since: 0,
  downSince: null,
  lastOutcome: 'ok',
  lastAt: DUE,
  ...changes,
});
const weigh = (
  devices: JudgedDevice[],
  outcomes: Record<number, Observation['outcome']>,
  inMaintenance: number[] = [],
) => {
  const observations = new Map(Object.entries(outcomes).map(([num, outcome]) => [Number(num), seen(outcome)]));
  const { candidates, lost, explained } = weighLosses(devices, {
    dueAt: DUE,
    observations,
    isInMaintenance: (num) => inMaintenance.includes(num),
  });
  return `${lost}/${candidates}${explained ? `+${explained}` : ''}`;
};

describe('weighLosses', () => {
  it.each<[string, JudgedDevice[], Record<number, Observation['outcome']>, string]>([
    ['one that answers', [device(1)], { 1: 'ok' }, '0/1'],
    ['one that fails', [device(1)], { 1: 'failed' }, '1/1'],
    ['one that nothing is known of', [device(1)], { 1: 'unknown' }, '0/0'],
    ['one that was not asked', [device(1)], {}, '0/0'],
    ['one that was down', [device(1, { state: { ...up, state: 'down' } })], { 1: 'failed' }, '0/0'],
    [
      'one that was up before it was unknown',
      [device(1, { state: { ...up, state: 'unknown' } })],
      { 1: 'failed' },
      '1/1',
    ],
    ['a new one', [device(1, { state: null })], { 1: 'failed' }, '0/0'],
    ['one that is not probed any more', [device(1, { isProbed: false })], { 1: 'failed' }, '0/0'],
    [
      'one behind a failing parent of the turn',
      [device(1, { parent: parent() })],
      { 1: 'failed', 9: 'failed' },
      '0/0+1',
    ],
    ['one behind an answering parent of the turn', [device(1, { parent: parent() })], { 1: 'failed', 9: 'ok' }, '1/1'],
    ['one behind a parent that answered elsewhere', [device(1, { parent: parent() })], { 1: 'failed' }, '1/1'],
    [
      'one whose parent was last seen before',
      [device(1, { parent: parent({ lastAt: DUE - 1 }) })],
      { 1: 'failed' },
      '0/0+1',
    ],
    [
      'one whose parent failed last',
      [device(1, { parent: parent({ lastOutcome: 'failed' }) })],
      { 1: 'failed' },
      '0/0+1',
    ],
    ['one whose parent is not probed', [device(1, { parent: parent({ isProbed: false }) })], { 1: 'failed' }, '1/1'],
  ])('%s', (_, devices, outcomes, expected) => {
    expect(weigh(devices, outcomes)).toBe(expected);
  });

  it('leaves out what fails in maintenance', () => {
    expect(weigh([device(1), device(2)], { 1: 'failed', 2: 'ok' }, [1, 2])).toBe('0/1');
  });
});
