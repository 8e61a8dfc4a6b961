import { mergeMaintenance, type NearWindow } from './merge-maintenance.js';

const at = (hour: number) => new Date(Date.UTC(2026, 10, 21, hour));
const near = (id: string, spans: [number, number][], more: Partial<NearWindow> = {}): NearWindow => ({
  id,
  collect: false,
  countsAsDowntime: true,
  occurrences: spans.map(([start, end]) => ({ start: at(start), end: at(end) })),
  ...more,
});

describe('mergeMaintenance', () => {
  it.each<[string, NearWindow[], number, [string[], number, number] | null]>([
    ['one', [near('a', [[1, 3]])], 2, [['a'], 1, 3]],
    ['its first moment', [near('a', [[1, 3]])], 1, [['a'], 1, 3]],
    ['its end', [near('a', [[1, 3]])], 3, null],
    ['none yet', [near('a', [[4, 5]])], 2, null],
    ['adjoining ones', [near('a', [[1, 3]]), near('b', [[3, 5]])], 4, [['b'], 1, 5]],
    ['overlapping ones', [near('a', [[1, 4]]), near('b', [[3, 5]])], 3, [['a', 'b'], 1, 5]],
    ['one within another', [near('a', [[1, 9]]), near('b', [[3, 5]])], 6, [['a'], 1, 9]],
    ['a gap before', [near('a', [[1, 2]]), near('b', [[3, 5]])], 4, [['b'], 3, 5]],
    ['occurrences of one that adjoin', [near('a', [[1, 2], [2, 3], [3, 4]])], 2, [['a'], 1, 4]], // prettier-ignore
  ])('%s', (_name, windows, hour, expected) => {
    const merged = mergeMaintenance(windows, at(hour));
    expect(merged && [merged.windowIds, merged.since.getUTCHours(), merged.until.getUTCHours()]).toEqual(expected);
  });

  it('takes the kindest rule of those that are active', () => {
    const kind = near('kind', [[2, 3]], { collect: true, countsAsDowntime: false });
    const strict = near('strict', [[1, 4]]);
    expect(mergeMaintenance([strict, kind], at(2))).toMatchObject({ collect: true, countsAsDowntime: false });
    expect(mergeMaintenance([strict, kind], at(3))).toMatchObject({ collect: false, countsAsDowntime: true });
  });
});
