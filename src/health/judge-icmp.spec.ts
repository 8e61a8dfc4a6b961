import { type IcmpFacts, judgeIcmp } from './judge-icmp.js';

const now = new Date('2026-11-21T09:30:00Z');
const ago = (seconds: number) => new Date(now.getTime() - seconds * 1_000);
const schedule = { cycle: 'ping' as const, intervalSeconds: 30, shard: 0, devices: 875, lastDueAt: ago(20), missed: 0 };
const works = { worker: 'host-1', ok: true, message: null };
const broken = { worker: 'host-2', ok: false, message: 'fping was not found. Install it: apt-get install fping' };
const sees = { blind: false, since: ago(1_000), reason: null };
const facts: IcmpFacts = { schedules: [schedule], drivers: [works], vantage: sees };

describe('judgeIcmp', () => {
  it.each<[string, Partial<IcmpFacts>, string]>([
    ['all is well', {}, 'healthy (875 devices)'],
    ['there is no device', { schedules: [] }, 'not configured'],
    ['the last device was switched off', { schedules: [{ ...schedule, devices: 0 }] }, 'not configured'],
    ['fping is broken everywhere', { drivers: [broken, broken] }, `degraded: ${broken.message}`],
    ['fping is broken on one worker of two', { drivers: [works, broken] }, `degraded: ${broken.message} (on host-2)`],
    ['no worker has said anything yet', { drivers: [] }, 'healthy (875 devices)'],
    [
      'it is blind',
      { vantage: { blind: true, since: ago(60), reason: 'canaries' } },
      'degraded: the vantage point is blind since 2026-11-21T09:29:00.000Z: no canary answers',
    ],
    [
      'one cycle was missed',
      { schedules: [{ ...schedule, missed: 1 }] },
      'degraded: 1 ping cycle missed in the last 5 minutes',
    ],
    [
      'cycles of two shards were missed',
      {
        schedules: [
          { ...schedule, missed: 2 },
          { ...schedule, shard: 1, missed: 3 },
        ],
      },
      'degraded: 5 ping cycles missed in the last 5 minutes',
    ],
    [
      'nothing runs',
      { schedules: [{ ...schedule, lastDueAt: ago(121) }] },
      'degraded: no ping cycle of shard 0 every 30 s for 121 s',
    ],
    [
      'cycles of another kind were missed',
      { schedules: [schedule, { ...schedule, cycle: 'checks', missed: 2 }] },
      'degraded: 2 checks cycles missed in the last 5 minutes',
    ],
  ])('when %s', (_, changes, text) => {
    expect(judgeIcmp({ ...facts, ...changes }, now).text).toBe(text);
  });
});
