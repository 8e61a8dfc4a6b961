import { EventRing } from './event-ring.js';
import { wants } from './stream-filter.js';

const ringOf = (count: number, kept = 3): EventRing => {
  const ring = new EventRing('e1', kept);
  for (let each = 1; each <= count; each++) ring.add('job.progress', `{"n":${each}}`, null);
  return ring;
};
const numbersAfter = (ring: EventRing, id: string): unknown => {
  const replay = ring.after(id);
  return 'missed' in replay ? replay.missed : replay.events.map(({ number }) => number);
};

describe('EventRing', () => {
  it('makes frames with an id, a name and one line of data', () => {
    expect(new EventRing('e1', 3).add('reset', '{"reason":"gap"}', null).frame).toBe(
      'id: e1-1\nevent: reset\ndata: {"reason":"gap"}\n\n',
    );
  });

  it.each<[string, number, string, unknown]>([
    ['the newest: nothing', 2, 'e1-2', []],
    ['an older one: what followed', 2, 'e1-1', [2]],
    ['the beginning: everything', 3, 'e1-0', [1, 2, 3]],
    ['the last one forgotten: nothing is missing', 5, 'e1-2', [3, 4, 5]],
    ['one before it: too old', 5, 'e1-1', 'too_old'],
    ['one that is not there yet', 2, 'e1-3', 'unknown_id'],
    ['another epoch', 2, 'e2-1', 'unknown_id'],
    ['an epoch that begins like ours', 2, 'e11-1', 'unknown_id'],
    ['no id at all', 2, 'nonsense', 'unknown_id'],
    ['no number', 2, 'e1-', 'unknown_id'],
    ['a negative one', 2, 'e1--1', 'unknown_id'],
    ['more digits than a number has', 2, `e1-${'9'.repeat(40)}`, 'unknown_id'],
  ])('after %s', (_, count, id, expected) => {
    expect(numbersAfter(ringOf(count), id)).toEqual(expected);
  });

  it('after something that is not kept knows only what came later', () => {
    const ring = ringOf(2);
    const before = ring.lastId;
    ring.skip();
    expect(numbersAfter(ring, before)).toBe('too_old');
    const since = ring.lastId;
    ring.add('reset', '{}', null);
    expect(numbersAfter(ring, since)).toEqual([4]);
  });
});

describe('wants', () => {
  const jobs = new Set(['job.progress'] as const);
  it.each([
    ['everything', { events: null, device: null }, ['device.state', 'a'], true],
    ['an event that was asked for', { events: jobs, device: null }, ['job.progress', null], true],
    ['another one', { events: jobs, device: null }, ['device.state', 'a'], false],
    ['a reset always', { events: jobs, device: 'a' }, ['reset', null], true],
    ['of the device', { events: null, device: 'a' }, ['device.state', 'a'], true],
    ['of another device', { events: null, device: 'a' }, ['device.state', 'b'], false],
    ['what is about no device', { events: null, device: 'a' }, ['swarm.changed', null], true],
  ] as const)('%s', (_, filter, [name, device], expected) => {
    expect(wants(filter, { name, device })).toBe(expected);
  });
});
