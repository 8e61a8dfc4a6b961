import { cacheReport, HEALTHY, type CacheFacts } from './cache-report.js';
import { NO_REFRESH_YET } from './refresh-record.js';

const fine: CacheFacts = {
  reachable: true,
  primary: { exists: true, ttlSeconds: 267, ageSeconds: 33.2 },
  backup: { exists: true, ttlSeconds: 1533, ageSeconds: 33.2 },
  hits: { primary: 9, backup: 0, memory: 0, miss: 1 },
  refresh: { ...NO_REFRESH_YET, lastSuccessAt: '2026-11-21T00:00:00.000Z', durationSeconds: 0.02 },
  stale: false,
  collectionSeconds: 0.019,
};
const gone = { exists: false, ttlSeconds: null, ageSeconds: null };
const failed = (consecutiveFailures: number) => ({
  ...fine.refresh,
  consecutiveFailures,
  lastError: 'Docker does not answer',
});

describe('cacheReport', () => {
  it('calls a cache healthy when nothing is wrong', () => {
    expect(cacheReport(fine)).toMatchObject({ cache_status: 'available', recommendations: [HEALTHY] });
  });

  it('makes nothing of the first read, which is always a miss', () => {
    const hits = { primary: 0, backup: 0, memory: 0, miss: 1 };
    expect(cacheReport({ ...fine, hits }).recommendations).toEqual([HEALTHY]);
  });

  it('has the shape of the contract', () => {
    expect(cacheReport(fine)).toEqual({
      cache_status: 'available',
      primary_cache: {
        key: 'docker_swarm_status',
        exists: true,
        ttl_seconds: 267,
        data_available: true,
        age_seconds: 33.2,
      },
      backup_cache: {
        key: 'docker_swarm_status_backup',
        exists: true,
        ttl_seconds: 1533,
        data_available: true,
        age_seconds: 33.2,
      },
      hits: { primary: 9, backup: 0, memory: 0, miss: 1, backup_percent: 0, miss_percent: 10 },
      refresh: {
        last_success_at: '2026-11-21T00:00:00.000Z',
        last_attempt_at: null,
        last_error: null,
        consecutive_failures: 0,
        duration_seconds: 0.02,
      },
      recommendations: [HEALTHY],
    });
  });

  it.each<[string, Partial<CacheFacts>, string, string]>([
    ['Redis away', { reachable: false }, 'unavailable', 'Redis cache is not available - check connectivity'],
    [
      'nothing cached',
      { primary: gone, backup: gone },
      'unavailable',
      'No cached data available - check Docker connectivity and refresh task',
    ],
    [
      'only the backup',
      { primary: gone },
      'degraded',
      'Primary cache empty, falling back to backup - check refresh task frequency',
    ],
    [
      'an old primary',
      { primary: { exists: true, ttlSeconds: 20, ageSeconds: 301 } },
      'available',
      'Primary cache data is stale - check refresh task',
    ],
    ['a primary that is not renewed', { stale: true }, 'degraded', 'Primary cache data is stale - check refresh task'],
    [
      'an old backup',
      { backup: { exists: true, ttlSeconds: 20, ageSeconds: 1801 } },
      'available',
      'Backup cache data is very stale',
    ],
    [
      'a primary that never expires',
      { primary: { exists: true, ttlSeconds: null, ageSeconds: 1 } },
      'available',
      'Primary cache has no TTL - may persist indefinitely',
    ],
    [
      'mostly backup reads',
      { hits: { primary: 4, backup: 6, memory: 0, miss: 0 } },
      'available',
      'Backup cache used for 60% of reads - check refresh task',
    ],
    [
      'mostly misses',
      { hits: { primary: 2, backup: 0, memory: 0, miss: 4 } },
      'available',
      'Cache miss rate is 66.7% - check refresh task',
    ],
    ['one failure', { stale: true, refresh: failed(1) }, 'degraded', 'Last refresh failed - Docker does not answer'],
    [
      'three failures',
      { stale: true, refresh: failed(3) },
      'degraded',
      '3 consecutive refresh failures - last error: Docker does not answer',
    ],
    [
      'a slow refresh',
      { refresh: { ...fine.refresh, durationSeconds: 10.5 } },
      'available',
      'Last refresh took 10.5 s - check the Docker Engine',
    ],
    ['a slow collection', { collectionSeconds: 3.1 }, 'available', 'Collection takes 3.1 s - check the Docker Engine'],
  ])('tells of %s', (_, change, status, line) => {
    const report = cacheReport({ ...fine, ...change });
    expect(report.cache_status).toBe(status);
    expect(report.recommendations).toEqual([line]);
  });
});
