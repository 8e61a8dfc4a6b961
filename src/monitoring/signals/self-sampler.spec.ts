import { Logger } from '@nestjs/common';
import { eventually } from '../../../test/support/eventually.js';
import { UNKNOWN } from '../../metrics/metric.js';
import { type SamplePart, SampleParts } from './sample-part.port.js';
import { INSTALLATION, ofInstallation, type Sample } from './sample.js';
import { SelfMemory } from './self-memory.js';
import { SelfSampler } from './self-sampler.service.js';

const part = (name: string, take: () => Promise<Sample[]>): SamplePart => ({ name, take });

describe('SelfSampler', () => {
  let sampler: SelfSampler;
  const memory = new SelfMemory();
  const begin = (...parts: SamplePart[]): void => {
    sampler = new SelfSampler(new SampleParts(parts), memory, { everyMs: 10, limitMs: 30 });
    sampler.onApplicationBootstrap();
  };
  const valueOf = (metric: string): number => memory.valueOf(metric, INSTALLATION, performance.now());
  beforeAll(() => Logger.overrideLogger(false));
  afterEach(() => sampler.beforeApplicationShutdown());

  it('goes on with every part while others fail and hang', async () => {
    let workers = 0;
    begin(
      part('fails', async () => {
        throw new Error('no');
      }),
      part('throws', () => {
        throw new Error('at once');
      }),
      part('hangs', () => new Promise(() => undefined)),
      part('works', async () => ofInstallation({ 'self.workers': ++workers })),
    );
    await eventually(() => expect(valueOf('self.workers')).toBeGreaterThan(5));
  });

  it('knows nothing of what failed or took too long, and again when it works again', async () => {
    let take: () => Promise<Sample[]> = async () => ofInstallation({ 'self.redis_up': 1 });
    begin(part('Redis', () => take()));
    await eventually(() => expect(valueOf('self.redis_up')).toBe(1));
    take = async () => {
      throw new Error('no');
    };
    await eventually(() => expect(valueOf('self.redis_up')).toBe(UNKNOWN));
    let answer: (samples: Sample[]) => void = () => undefined;
    take = () => new Promise((resolve) => (answer = resolve));
    await eventually(() => expect(answer.length).toBe(1));
    take = async () => ofInstallation({ 'self.redis_up': 1 });
    // Its late answer says nothing of now, but it is asked again.
    answer(ofInstallation({ 'self.redis_up': 0 }));
    await eventually(() => expect(valueOf('self.redis_up')).toBe(1));
  });

  it('does not ask a part again that hangs', async () => {
    let asked = 0;
    let others = 0;
    begin(
      part('hangs', () => {
        asked += 1;
        return new Promise(() => undefined);
      }),
      part('works', async () => ofInstallation({ 'self.workers': ++others })),
    );
    await eventually(() => expect(others).toBeGreaterThan(10));
    expect(asked).toBe(1);
  });
});
