import { checkHandlers } from './check-handlers.js';

const catalogue = { 'swarm.refresh': { queue: 'swarm' }, 'cache.warm': { queue: 'maintenance' } } as const;
const refresh = { job: 'swarm.refresh', name: 'SwarmProcessor.refresh' };
const warm = { job: 'cache.warm', name: 'CacheProcessor.warm' };

describe('checkHandlers', () => {
  it('is content with one handler for each', () => {
    expect(checkHandlers(catalogue, ['swarm', 'maintenance'], [refresh, warm])).toEqual([]);
  });

  it('asks no handler for a queue that this worker does not take', () => {
    expect(checkHandlers(catalogue, ['maintenance'], [warm])).toEqual([]);
  });

  it('lets a handler of such a queue be there', () => {
    expect(checkHandlers(catalogue, ['maintenance'], [warm, refresh])).toEqual([]);
  });

  it('names a job without a handler', () => {
    expect(checkHandlers(catalogue, ['swarm'], [])).toEqual([
      'Job "swarm.refresh" of queue "swarm" has no handler. Decorate a method with @JobHandler(\'swarm.refresh\') in a module of ' +
        'this role, or leave "swarm" out of SWARMWARD_WORKER_QUEUES.',
    ]);
  });

  it('names a job with two handlers', () => {
    expect(checkHandlers(catalogue, ['swarm'], [refresh, { ...refresh, name: 'Other.refresh' }])).toEqual([
      'Job "swarm.refresh" has 2 handlers: SwarmProcessor.refresh, Other.refresh. Keep one.',
    ]);
  });

  it('names a handler for no job', () => {
    expect(checkHandlers(catalogue, [], [{ job: 'swarm.refesh', name: 'SwarmProcessor.refresh' }])).toEqual([
      'SwarmProcessor.refresh handles "swarm.refesh", which is not in the job catalogue. Add it there, or correct the name.',
    ]);
  });
});
