import { judgeWorkers, type WorkerFacts } from './worker-health.js';

const queue = (overrides: Partial<WorkerFacts['queues'][number]> = {}) => ({
  name: 'swarm',
  waiting: 0,
  oldestWaitingSeconds: null,
  ...overrides,
});
const facts = (overrides: Partial<WorkerFacts> = {}): WorkerFacts => ({
  concurrency: 10,
  workersMin: 5,
  workersExpected: 0,
  queues: [queue()],
  ...overrides,
});

describe('judgeWorkers', () => {
  it('finds nothing wrong with enough workers and short queues', () => {
    expect(judgeWorkers(facts())).toEqual({ verdict: 'healthy', reasons: [] });
  });

  it.each<[string, Partial<WorkerFacts>, string, string]>([
    ['no worker', { concurrency: 0 }, 'critical', 'no worker is alive'],
    ['too few', { concurrency: 4 }, 'degraded', '4 workers, fewer than the minimum of 5'],
    ['under half', { workersExpected: 21 }, 'degraded', '10 workers, fewer than half of the 21 expected'],
    ['1001 waiting', { queues: [queue({ waiting: 1001 })] }, 'degraded', 'queue swarm: 1001 jobs wait (limit 1000)'],
    ['5001 waiting', { queues: [queue({ waiting: 5001 })] }, 'critical', 'queue swarm: 5001 jobs wait (limit 5000)'],
    [
      'a job waiting for 61 s',
      { queues: [queue({ waiting: 1, oldestWaitingSeconds: 61.4 })] },
      'degraded',
      'queue swarm: the oldest job waits for 61 s (limit 60 s)',
    ],
    [
      'a job waiting for 301 s',
      { queues: [queue({ waiting: 1, oldestWaitingSeconds: 301 })] },
      'critical',
      'queue swarm: the oldest job waits for 301 s (limit 300 s)',
    ],
    [
      'a queue nobody serves',
      { queues: [queue({ workers: 0 })] },
      'degraded',
      'queue swarm: no live worker takes its jobs',
    ],
  ])('%s', (_, overrides, verdict, reason) => {
    expect(judgeWorkers(facts(overrides))).toEqual({ verdict, reasons: [reason] });
  });

  it.each([
    ['the minimum', facts({ concurrency: 5 })],
    ['half of the expected', facts({ workersExpected: 20 })],
    ['1000 jobs, the oldest 60 s', facts({ queues: [queue({ waiting: 1000, oldestWaitingSeconds: 60 })] })],
  ])('exactly %s is healthy', (_, exact) => {
    expect(judgeWorkers(exact).verdict).toBe('healthy');
  });

  it('lets the worst finding win and names all', () => {
    const judged = judgeWorkers(
      facts({ concurrency: 1, queues: [queue({ waiting: 6000 }), queue({ name: 'maintenance', waiting: 1001 })] }),
    );
    expect(judged.verdict).toBe('critical');
    expect(judged.reasons).toHaveLength(3);
  });
});
