import { readyLines } from './ready-lines.js';

describe('readyLines', () => {
  const facts = {
    version: '1.2.3',
    role: 'all',
    host: '127.0.0.1',
    port: 5001,
    seconds: 1.26,
    sharedCache: false,
  } as const;
  const memory = 'REDIS_URL is not set: this process keeps a memory cache of its own, with PostgreSQL behind it';

  it('say where to go, a line each, so that no terminal breaks a URL in two', () => {
    expect(readyLines(facts)).toEqual([
      'Swarmward 1.2.3 is ready after 1.3 s',
      'Swagger UI: http://127.0.0.1:5001/docs',
      'API: http://127.0.0.1:5001/api/v1, its health: http://127.0.0.1:5001/api/v1/health',
    ]);
  });

  it.each([
    ['0.0.0.0', 'http://localhost:5001/docs'],
    ['::', 'http://localhost:5001/docs'],
    ['::1', 'http://[::1]:5001/docs'],
    ['10.1.2.3', 'http://10.1.2.3:5001/docs'],
  ])('name an address that can be opened when listening on %s', (host, url) => {
    expect(readyLines({ ...facts, host })).toContain(`Swagger UI: ${url}`);
  });

  it.each(['worker', 'scheduler'] as const)('of role %s name its probes, and its cache when it is its own', (role) => {
    const ready = `Swarmward 1.2.3 is ready after 1.3 s as ${role}: probes at http://127.0.0.1:5001/health/ready`;
    expect(readyLines({ ...facts, role })).toEqual([ready, memory]);
    expect(readyLines({ ...facts, role, sharedCache: true })).toEqual([ready]);
  });

  it('of role api say both', () => {
    expect(readyLines({ ...facts, role: 'api' })).toHaveLength(4);
    expect(readyLines({ ...facts, role: 'api' })).toContain(memory);
  });
});
