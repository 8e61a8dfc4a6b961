import { type FpingEnd, fpingFault, type FpingHeard, refusesPace } from './fping-fault.js';

const exit = (code: number): FpingEnd => ({ kind: 'exit', code });
const heard = (changes: Partial<FpingHeard> = {}): FpingHeard => ({
  asked: 100,
  reported: 100,
  strangeLines: 0,
  firstStrange: null,
  ...changes,
});
const none = { reported: 0 };

describe('fpingFault', () => {
  it.each<[string, FpingEnd, Partial<FpingHeard>]>([
    ['all answered', exit(0), {}],
    ['some did not', exit(1), {}],
    ['some were not reported', exit(1), { reported: 40 }],
    ['some are not addresses', exit(2), { reported: 99 }],
    ['noise beside reports', exit(1), { strangeLines: 3_000 }],
    ['some noise, little reported', exit(1), { reported: 10, strangeLines: 9 }],
    ['nobody waits any more', { kind: 'aborted' }, none],
  ])('counts the reports when %s', (_, end, what) => {
    expect(fpingFault('fping', end, heard(what))).toBeNull();
  });

  it.each<[FpingEnd, Partial<FpingHeard>, string, RegExp]>([
    [
      { kind: 'not_started', code: 'ENOENT' },
      none,
      'fping_missing',
      /no program "\/x\/fping".*apt install fping.*SWARMWARD_FPING_PATH/,
    ],
    [
      { kind: 'not_started', code: 'EPERM' },
      none,
      'fping_not_permitted',
      /setcap cap_net_raw\+ep .*cap_add: \[NET_RAW\]/,
    ],
    [{ kind: 'not_started', code: 'EACCES' }, none, 'fping_not_permitted', /may not be executed/],
    [{ kind: 'not_started', code: 'EAGAIN' }, none, 'fping_failed', /could not be started \(EAGAIN\)/],
    [exit(4), none, 'fping_not_permitted', /setcap/],
    [exit(3), none, 'fping_failed', /exit code 3/],
    [exit(127), { ...none, firstStrange: 'sh: 1: not found' }, 'fping_failed', /exit code 127: sh: 1: not found/],
    [exit(2), none, 'fping_failed', /exit code 2/],
    [
      exit(1),
      { ...none, strangeLines: 2, firstStrange: "fping: invalid option -- 'x'" },
      'fping_failed',
      /invalid option/,
    ],
    [exit(0), none, 'fping_garbage', /reported 0 of 100 addresses and said nothing/],
    [exit(0), { ...none, strangeLines: 5, firstStrange: 'hello' }, 'fping_garbage', /said "hello": that is not fping/],
    [exit(1), { reported: 20, strangeLines: 80, firstStrange: '?' }, 'fping_garbage', /reported 20 of 100/],
    [{ kind: 'flood' }, none, 'fping_garbage', /that is not fping/],
    [{ kind: 'signal', signal: 'SIGKILL' }, none, 'fping_killed', /killed by SIGKILL .*out-of-memory/],
    [{ kind: 'hung', afterMs: 3_400 }, none, 'fping_hung', /did not end within 3\.4 s/],
  ])('%j with %j is %s', (end, what, code, words) => {
    const fault = fpingFault('/x/fping', end, heard(what));
    expect(fault).toMatchObject({ code, message: expect.stringMatching(words) });
    expect(fault!.message).toMatch(/^.{20,400}$/);
  });

  it('knows the refusal of a fast pace', () => {
    const refusal = { ...none, strangeLines: 2, firstStrange: 'fping: these options are too risky for mere mortals.' };
    expect(refusesPace(exit(1), heard(refusal))).toBe(true);
    expect(refusesPace(exit(1), heard())).toBe(false);
    expect(refusesPace(exit(1), heard({ ...none, firstStrange: 'other' }))).toBe(false);
  });
});
