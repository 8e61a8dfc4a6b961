import { findCircle } from './find-circle.js';
import { groupReferenceFault } from './group-references.js';
import { findOverload, overloadMessage } from './ping-budget.js';
import { numbered, selectorCondition } from './selector-sql.js';

describe('circles', () => {
  const nodes = (text: string) =>
    text.split(' ').map((pair) => {
      const [id, parent] = pair.split('<');
      return { id: id!, name: id!.toUpperCase(), parent_id: parent ?? null };
    });

  it.each([
    ['a b<a c<b', null],
    ['a<a', 'A → A'],
    ['a<b b<a', 'A → B → A'],
    ['x<a a<b b<c c<a', 'A → B → C → A'],
    ['a<missing', null],
    ['a b<a c<a d<c e<f f<e', 'E → F → E'],
  ])('%s: %s', (text, circle) => expect(findCircle(nodes(text))).toBe(circle));

  it('are found in a chain of 100,000 at once, and told shortly', () => {
    const chain = Array.from({ length: 100_000 }, (_, n) => ({
      id: `${n}`,
      name: `n${n}`,
      parent_id: `${(n + 1) % 100_000}`,
    }));
    expect(findCircle(chain)).toMatch(/^n0 → n1 .* → … \(\d+ more\) → n0$/);
    chain[99_999]!.parent_id = 'none';
    expect(findCircle(chain)).toBeNull();
  });
});

describe('what fping can do', () => {
  const batch = { intervalSeconds: 30, shard: 0, packets: 3, timeoutMs: 900, devices: 10_000 };
  it.each<[string, Partial<typeof batch>[], object | null]>([
    ['a full shard every 30 s', [{}], null],
    ['a full shard every 10 s', [{ intervalSeconds: 10 }], null],
    [
      'a full shard every 9 s',
      [{ intervalSeconds: 9 }],
      expect.objectContaining({ neededMs: 6_900, possibleSeconds: 10 }),
    ],
    [
      'one device, 3 packets, every 4 s',
      [{ devices: 1, intervalSeconds: 4 }],
      expect.objectContaining({ neededMs: 2_900, possibleSeconds: 5 }),
    ],
    ['two batches that fit side by side', [{ devices: 5_000 }, { devices: 5_000, packets: 5 }], null],
    [
      'two batches that only fit alone',
      [
        { intervalSeconds: 10, devices: 9_000 },
        { intervalSeconds: 10, devices: 1_000, packets: 10, timeoutMs: 100 },
      ],
      expect.objectContaining({ devices: 10_000, packets: 37_000, neededMs: 9_100 }),
    ],
    ['two shards, each by itself', [{ intervalSeconds: 10 }, { intervalSeconds: 10, shard: 1 }], null],
    ['many, and little time', [{ intervalSeconds: 1, devices: 1_000, packets: 1, timeoutMs: 500 }], null],
    [
      'too many, and little time',
      [{ intervalSeconds: 1, devices: 1_001, packets: 1, timeoutMs: 500 }],
      expect.objectContaining({ neededMs: 701, possibleSeconds: 2 }),
    ],
    ['nothing', [], null],
  ])('%s', (_, changes, expected) => {
    const overload = findOverload(changes.map((change) => ({ ...batch, ...change })));
    expect(overload).toEqual(expected);
  });

  it('is said with figures and a way out', () => {
    expect(overloadMessage(findOverload([{ ...batch, intervalSeconds: 5 }])!)).toBe(
      '10000 devices with 30000 packets in all every 5 s (shard 0) take fping 6.9 s at its fastest, and 70 % of the interval are 3.5 s. ' +
        'Set ping_interval_seconds to 10 or more, send fewer packets, wait less for answers, or ping fewer devices so often.',
    );
  });

  it('fits at the interval that it proposes', () => {
    for (const intervalSeconds of [1, 2, 5, 9]) {
      const overload = findOverload([{ ...batch, intervalSeconds }])!;
      expect(findOverload([{ ...batch, intervalSeconds: overload.possibleSeconds }])).toBeNull();
    }
  });
});

describe('groups of groups', () => {
  const groups = (text: string) =>
    text.split(' ').map((pair) => {
      const [name, named] = pair.split('>');
      return { id: `id-${name}`, name: name!, groups: named!.split(',') };
    });
  it.each([
    ['a>plain', null],
    ['a>b b>plain', null],
    ['a>b b>c c>plain', expect.stringMatching(/at most 3 levels deep: a → b → c/)],
    ['a>a', expect.stringMatching(/a → a/)],
    ['a>b b>id-a', expect.stringMatching(/a → b → a/)],
    ['a>b,c b>plain c>plain', null],
  ])('%s', (text, fault) => {
    expect(groupReferenceFault(groups(text))).toEqual(fault);
  });
});

it('a selector binds a value for each question mark, in order', () => {
  const { condition, values } = selectorCondition({
    q: 'text',
    tags: ['a'],
    groups: ['g'],
    sites: ['s'],
    enabled: true,
  });
  expect(condition.match(/\?/g)).toHaveLength(values.length);
  expect(values).toEqual([['s'], ['g'], ['a'], 'true', 'text']);
  expect(numbered({ condition: 'a = ? AND b = ?', values: [1, 2] }, 3)).toEqual({
    text: 'a = $4 AND b = $5',
    values: [1, 2],
  });
  expect(selectorCondition({ all: true })).toEqual({ condition: 'true', values: [] });
});
