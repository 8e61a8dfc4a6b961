import { nearest, readSettings, SettingsError } from './read-settings.js';

const problemsOf = (env: Record<string, string>): string[] => {
  try {
    readSettings(env);
    return [];
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
};

describe('readSettings', () => {
  it('needs nothing to be set', () => {
    expect(readSettings({})).toMatchObject({ role: 'all', port: 5001, host: '127.0.0.1', swarmRefreshSeconds: 120 });
  });

  it('is frozen', () => {
    expect(Object.isFrozen(readSettings({}))).toBe(true);
  });

  it('takes an empty variable as not set', () => {
    expect(readSettings({ PORT: '', REDIS_URL: '' })).toMatchObject({ port: 5001, redisUrl: undefined });
  });

  it('gives each role a port of its own, so that they run side by side', () => {
    expect(readSettings({ SWARMWARD_ROLE: 'worker', DATABASE_URL: 'postgres://u@h/d' }).port).toBe(5002);
  });

  it.each<[string, Record<string, string>, RegExp]>([
    ['a role of its own without a database', { SWARMWARD_ROLE: 'api' }, /SWARMWARD_ROLE=api needs DATABASE_URL/],
    ['a queue in a Redis that is not named', { SWARMWARD_QUEUE_BACKEND: 'redis' }, /needs REDIS_URL/],
    ['an unknown setting', { SWARMWARD_ROL: 'api' }, /^SWARMWARD_ROL is not a setting. Did you mean SWARMWARD_ROLE\?$/],
    ['a port that is none', { PORT: 'http' }, /^PORT must be a whole number .*, but is "http"$/],
    ['a role that is none', { SWARMWARD_ROLE: 'boss' }, /must be one of all, api, worker, scheduler, but is "boss"/],
    ['a refresh that is too fast', { SWARMWARD_SWARM_REFRESH_SECONDS: '0' }, /must be at least 1 seconds, but is "0"/],
    [
      'a queue that is none',
      { SWARMWARD_WORKER_QUEUES: 'swarm,post' },
      /must name queues out of swarm, ping, checks, on-demand, snmp, maintenance/,
    ],
    [
      'fewer connections than a scheduler keeps and needs',
      { SWARMWARD_DATABASE_POOL_SIZE: '4' },
      /^SWARMWARD_DATABASE_POOL_SIZE must be at least 5 connections, but is "4"$/,
    ],
    ['TLS without certificates', { DOCKER_TLS_VERIFY: '1' }, /needs DOCKER_CERT_PATH/],
  ])('refuses %s', (_, env, message) => {
    expect(problemsOf(env)).toEqual([expect.stringMatching(message)]);
  });

  it('names every mistake at once', () => {
    expect(problemsOf({ PORT: '70000', LOG_LEVEL: 'loud', SWARMWARD_X: '1' })).toHaveLength(3);
  });

  it('never shows the value of a secret', () => {
    expect(problemsOf({ SWARMWARD_ADMIN_TOKEN: 'short-secret' }).join()).not.toContain('short-secret');
  });
});

describe('nearest', () => {
  it('finds the name that was meant', () => {
    expect(nearest('SWARMWARD_DATADIR', ['SWARMWARD_ROLE', 'SWARMWARD_DATA_DIR'])).toBe('SWARMWARD_DATA_DIR');
  });
});
