import { ageSeconds, isStale, NO_READING, type SwarmReading } from './reading.js';
import { afterFailure, afterSuccess, NO_REFRESH_YET } from './refresh-record.js';
import type { SwarmPicture } from './swarm-picture.js';
import { CACHE_UNAVAILABLE, DOCKER_UNAVAILABLE, statusDocument } from './status-document.js';
import { TierHitCounter } from './tier-hits.js';

const now = new Date('2026-11-21T12:00:00Z');
const secondsAgo = (seconds: number) => new Date(now.getTime() - seconds * 1000).toISOString();
const reading = (ageInSeconds: number, change: Partial<SwarmReading> = {}): SwarmReading => ({
  ...NO_READING,
  picture: { collectedAt: secondsAgo(ageInSeconds) } as SwarmPicture,
  tier: 'primary',
  refresh: NO_REFRESH_YET,
  ...change,
});

describe('isStale', () => {
  it.each<[string, SwarmReading, boolean]>([
    ['young', reading(5), false],
    ['as old as two missed refreshes', reading(250), false],
    ['older than that', reading(251), true],
    [
      'young, but the last refresh failed',
      reading(5, { refresh: { ...NO_REFRESH_YET, consecutiveFailures: 1 } }),
      true,
    ],
    ['from before a clock was set back', reading(-60), true],
    ['as old as slow refreshes make it', reading(300, { refresh: { ...NO_REFRESH_YET, durationSeconds: 40 } }), false],
    ['a copy that nobody could confirm', reading(5, { unconfirmed: true }), true],
    ['nothing at all', reading(0, { picture: null }), true],
  ])('%s', (_, given, expected) => {
    expect(isStale(given, now, 120)).toBe(expected);
  });
});

it('counts age from the collection, and never below zero', () => {
  expect([ageSeconds(reading(33.2), now), ageSeconds(reading(-5), now)]).toEqual([33.2, 0]);
});

describe('statusDocument without a picture', () => {
  const failure = afterFailure(
    NO_REFRESH_YET,
    { at: now, durationSeconds: 1 },
    { code: 'docker_timeout', message: 'slow' },
  );

  it.each<[string, Omit<SwarmReading, 'picture'>, string]>([
    ['nothing was ever tried', { ...NO_READING, refresh: NO_REFRESH_YET }, CACHE_UNAVAILABLE],
    ['Docker never answered', { ...NO_READING, refresh: failure }, DOCKER_UNAVAILABLE],
  ])('says so when %s', (_, given, error) => {
    expect(statusDocument({ ...given, picture: null }, now, 120)).toMatchObject({
      swarm_active: false,
      error,
      nodes: [],
      total_nodes: 0,
      stale: true,
      age_seconds: null,
      tier: 'unavailable',
      cache_info: { source: 'cache_unavailable', cache_hit: false },
    });
  });
});

describe('refresh record', () => {
  const attempt = { at: now, durationSeconds: 0.5 };

  it('keeps the last success and counts the failures', () => {
    const success = afterSuccess(attempt);
    const later = { at: new Date(now.getTime() + 1000), durationSeconds: 10 };
    const error = { code: 'docker_timeout', message: 'no answer' };
    expect(afterFailure(afterFailure(success, later, error), later, error)).toEqual({
      lastAttemptAt: later.at.toISOString(),
      lastSuccessAt: now.toISOString(),
      lastError: 'no answer',
      lastErrorCode: 'docker_timeout',
      consecutiveFailures: 2,
      durationSeconds: 10,
    });
  });
});

describe('TierHitCounter', () => {
  it('forgets after two windows', () => {
    const counter = new TierHitCounter();
    const at = (minutes: number) => new Date(now.getTime() + minutes * 60_000);
    counter.count('primary', at(0));
    counter.count('database', at(1));
    expect(counter.hits(at(2))).toEqual({ primary: 1, backup: 0, memory: 0, miss: 1 });
    expect(counter.hits(at(12))).toMatchObject({ primary: 1, miss: 1 });
    expect(counter.hits(at(40))).toMatchObject({ primary: 0, miss: 0 });
  });
});
