import type { QueueFigures, QueueStatistics } from '../../platform/queue/queue-statistics.service.js';
import type { WorkerRegistry } from '../../platform/queue/worker-registry.service.js';
import { readSettings } from '../../platform/config/read-settings.js';
import { QueuesPart } from './parts/queues-part.service.js';
import { WorkersPart } from './parts/workers-part.service.js';
import type { Sample } from './sample.js';
import { GRACE_MS, StartGrace } from './start-grace.service.js';

const settings = readSettings({ SWARMWARD_WORKERS_EXPECTED: '50' });
const swarm: QueueFigures = {
  name: 'swarm',
  waiting: 3,
  active: 0,
  delayed: 0,
  failed: 2,
  completed: 0,
  oldestWaitingSeconds: 3_600,
};
const values = (samples: Sample[]) => Object.fromEntries(samples.map(({ metric, value }) => [metric, value]));

describe('the first minute', () => {
  let grace: StartGrace;
  let concurrency: number;
  let workers: WorkersPart;
  let queues: QueuesPart;
  beforeEach(() => {
    grace = new StartGrace();
    concurrency = 0;
    const registry = { live: async () => ({ workers: [], concurrency }) } as unknown as WorkerRegistry;
    const statistics = { all: async () => [swarm] } as unknown as QueueStatistics;
    workers = new WorkersPart(settings, registry, grace);
    queues = new QueuesPart(statistics, grace);
  });
  const passes = (): void => void jest.spyOn(performance, 'now').mockReturnValue(performance.now() + GRACE_MS);
  afterEach(() => jest.restoreAllMocks());

  it('says nothing of workers that are still coming, and of jobs that were left lying', async () => {
    expect(await workers.take()).toEqual([]);
    concurrency = 10;
    expect(await workers.take()).toEqual([]);
    expect(values(await queues.take())).toEqual({ 'self.queue_up': 1, 'self.failed_jobs': 2 });
  });

  it('is over as soon as all workers were seen, and stays so', async () => {
    concurrency = 25;
    expect(values(await workers.take())).toEqual({ 'self.workers': 25, 'self.workers_short': 0 });
    concurrency = 0;
    expect(values(await workers.take())).toEqual({ 'self.workers': 0, 'self.workers_short': 25 });
    expect(values(await queues.take())).toMatchObject({
      'self.queue_length': 3,
      'self.queue_oldest_seconds': 3_600,
    });
  });

  it('is over after a minute, whoever is there', async () => {
    passes();
    expect(values(await workers.take())).toEqual({ 'self.workers': 0, 'self.workers_short': 25 });
  });
});

describe('a queue that does not answer', () => {
  it('is down, and all else of it unknown', async () => {
    const all = jest.fn(async () => {
      throw new Error('locked');
    });
    const part = new QueuesPart({ all } as unknown as QueueStatistics, new StartGrace());
    expect(values(await part.take())).toEqual({ 'self.queue_up': 0 });
  });

  it('is asked again only when it has answered', async () => {
    jest.useFakeTimers();
    const all = jest.fn(() => new Promise<never>(() => undefined));
    const part = new QueuesPart({ all } as unknown as QueueStatistics, new StartGrace());
    for (const _ of [1, 2]) {
      const taken = part.take();
      await jest.advanceTimersByTimeAsync(1_500);
      expect(values(await taken)).toEqual({ 'self.queue_up': 0 });
    }
    expect(all).toHaveBeenCalledTimes(1);
    jest.useRealTimers();
  });
});
