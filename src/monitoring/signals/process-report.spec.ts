import { type ProcessReport, summarise } from './process-report.js';

const report = (over: Partial<ProcessReport> = {}): ProcessReport => ({
  cpu_percent: 0,
  memory_percent: 0,
  requests: 0,
  failures: 0,
  slow_queries: 0,
  cache_hits: 0,
  cache_misses: 0,
  db_pool_waiting: 0,
  ...over,
});

describe('summarise', () => {
  it('knows nothing when no process says anything', () => {
    expect(summarise([])).toBeNull();
  });

  it('adds up counts and takes the most of the rest', () => {
    const summary = summarise([
      report({ cpu_percent: 90, memory_percent: 5, slow_queries: 2, db_pool_waiting: 1 }),
      report({ cpu_percent: 10, memory_percent: 7, slow_queries: 3, db_pool_waiting: 4 }),
    ]);
    expect(summary).toMatchObject({ cpuPercent: 90, memoryPercent: 7, slowQueries: 5, poolWaiting: 4 });
  });

  it.each<[string, Partial<ProcessReport>[], number]>([
    ['of all processes together', [{ requests: 90, failures: 5 }, { requests: 10 }], 5],
    ['none without requests', [{}], 0],
    ['none of a handful', [{ requests: 19, failures: 19 }], 0],
    ['all of twenty', [{ requests: 20, failures: 20 }], 100],
  ])('share of failed requests: %s', (_, reports, expected) => {
    expect(summarise(reports.map(report))?.endpointErrorPercent).toBe(expected);
  });

  it('share of misses', () => {
    expect(summarise([report({ cache_hits: 30, cache_misses: 10 })])?.cacheMissPercent).toBe(25);
    expect(summarise([report({ cache_hits: 3, cache_misses: 10 })])?.cacheMissPercent).toBe(0);
  });
});
