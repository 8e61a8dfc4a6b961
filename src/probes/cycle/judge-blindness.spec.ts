import { type Evidence, judgeBlindness, looksBlind } from './judge-blindness.js';

const sees = { blind: false, reason: null };
const byDevices = { blind: true, reason: 'devices' as const };
const byCanaries = { blind: true, reason: 'canaries' as const };
const of = (answered: number, failed: number, unknown = 0) => ({ answered, failed, unknown });
const calm: Evidence = {
  was: sees,
  losses: { candidates: 100, lost: 0, explained: 0 },
  widerLosses: { candidates: 100, lost: 0, explained: 0 },
  canaries: null,
  oneSite: false,
};
const numbers = (candidates: number, lost: number, explained = 0) => ({ candidates, lost, explained });
const losses = (candidates: number, lost: number, explained = 0) => {
  return { losses: numbers(candidates, lost, explained), widerLosses: numbers(candidates, lost, explained) };
};

describe('judgeBlindness', () => {
  it.each<[string, Partial<Evidence>, Evidence['was']]>([
    ['nothing fails', {}, sees],
    ['90 % fail', losses(100, 90), byDevices],
    ['less fail', losses(100, 89), sees],
    ['ten of ten fail', losses(10, 10), byDevices],
    ['nine of nine fail', losses(9, 9), sees],
    ['nothing was up', losses(0, 0), sees],
    ['one site is cut off', { ...losses(100, 100), oneSite: true }, sees],
    ['half still fail', { was: byDevices, ...losses(100, 50) }, byDevices],
    ['under half fail', { was: byDevices, ...losses(100, 49) }, sees],
    ['too few are left to say', { was: byDevices, ...losses(9, 9) }, sees],
    ['it turns out to be one site', { was: byDevices, ...losses(100, 100), oneSite: true }, sees],
    ['no canary answers', { canaries: of(0, 2) }, byCanaries],
    ['one canary answers', { canaries: of(1, 1) }, sees],
    ['nothing is known of the canaries', { canaries: of(0, 0, 2) }, sees],
    ['nothing is known of one canary', { canaries: of(0, 1, 1) }, sees],
    ['the canaries cannot be asked any more', { was: byCanaries, canaries: of(0, 0, 2) }, byCanaries],
    ['there are no canaries any more', { was: byCanaries }, sees],
    ['a canary answers again', { was: byCanaries, canaries: of(1, 1) }, sees],
    ['canaries answer again, but no device', { was: byCanaries, canaries: of(2, 0), ...losses(100, 100) }, sees],
    ['a canary answers, but no device', { canaries: of(1, 1), ...losses(100, 100) }, sees],
    ['a canary answers, and devices said so before', { was: byDevices, canaries: of(1, 1), ...losses(100, 60) }, sees],
    [
      'nothing is known of the canaries, and no device answers',
      { canaries: of(0, 0, 2), ...losses(20, 20) },
      byDevices,
    ],
    ['nine devices fail, and hundreds behind them', losses(9, 9, 866), byDevices],
    ['one device fails, and hundreds behind it', losses(1, 1, 874), sees],
    ['two devices fail, and hundreds behind them, and others answer', losses(700, 2, 300), sees],
    [
      'this turn sees too little, and slower ones lost all',
      { was: byDevices, losses: numbers(5, 5), widerLosses: numbers(805, 805) },
      byDevices,
    ],
    [
      'this turn sees enough, and slower ones had lost all',
      { was: byDevices, losses: numbers(20, 0), widerLosses: numbers(820, 800) },
      sees,
    ],
    [
      'nearly all of this turn fail, and slower ones had seen all',
      { losses: numbers(20, 20), widerLosses: numbers(820, 20) },
      byDevices,
    ],
  ])('when %s', (_, changes, sight) => {
    expect(judgeBlindness({ ...calm, ...changes })).toEqual(sight);
  });
});

describe('looksBlind', () => {
  it('asks for ten devices', () => {
    expect([looksBlind(numbers(10, 9)), looksBlind(numbers(9, 9))]).toEqual([true, false]);
  });
});
