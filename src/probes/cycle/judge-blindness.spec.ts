import { type Evidence, judgeBlindness, looksBlind } from './judge-blindness.js';

const sees = { blind: false, reason: null };
const byDevices = { blind: true, reason: 'devices' as const };
const byCanaries = { blind: true, reason: 'canaries' as const };
const of = (answered: number, failed: number, unknown = 0) => ({ answered, failed, unknown });
const calm: Evidence = {
  was: sees,
  losses: { candidates: 100, lost: 0 },
  canaries: null,
  canariesWatched: false,
  oneSite: false,
};
const losses = (candidates: number, lost: number) => ({ losses: { candidates, lost } });

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
    ['no canary answers', { canaries: of(0, 2), canariesWatched: true }, byCanaries],
    ['one canary answers', { canaries: of(1, 1), canariesWatched: true }, sees],
    ['nothing is known of the canaries', { canaries: of(0, 0, 2), canariesWatched: true }, sees],
    ['nothing is known of one canary', { canaries: of(0, 1, 1), canariesWatched: true }, sees],
    ['a cycle without canaries follows', { was: byCanaries, canariesWatched: true }, byCanaries],
    [
      'the canaries cannot be asked any more',
      { was: byCanaries, canaries: of(0, 0, 2), canariesWatched: true },
      byCanaries,
    ],
    ['nobody asks canaries any more', { was: byCanaries }, sees],
    ['a canary answers again', { was: byCanaries, canaries: of(1, 1), canariesWatched: true }, sees],
    [
      'canaries answer again, but no device',
      { was: byCanaries, canaries: of(2, 0), canariesWatched: true, ...losses(100, 100) },
      byDevices,
    ],
  ])('when %s', (_, changes, sight) => {
    expect(judgeBlindness({ ...calm, ...changes })).toEqual(sight);
  });
});

describe('looksBlind', () => {
  it('asks for ten devices', () => {
    expect([looksBlind({ candidates: 10, lost: 9 }), looksBlind({ candidates: 9, lost: 9 })]).toEqual([true, false]);
  });
});
