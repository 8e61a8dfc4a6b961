import { compareSchedules, scheduleKey } from './wanted-schedule.js';

const schedule = (kind: string, shard: number) => ({ kind, shard, intervalSeconds: 30 });
const [first, second, other] = [schedule('ping-30', 0), schedule('ping-30', 1), schedule('checks-30', 0)];

describe('compareSchedules', () => {
  it.each([
    ['begins what is new', [], [first, second], [first, second], []],
    ['leaves what runs', [first, second], [second, first], [], []],
    ['ends what is not wanted any more', [first, second], [second], [], [first]],
    ['tells kinds apart', [first], [other], [other], [first]],
    ['ends everything', [first, second], [], [], [first, second]],
  ])('%s', (_, running, wanted, begin, end) => {
    expect(compareSchedules(running.map(scheduleKey), wanted)).toEqual({ begin, end: end.map(scheduleKey) });
  });
});
