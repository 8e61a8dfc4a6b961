import type { RefreshRecord } from './refresh-record.js';
import { BACKUP, PRIMARY } from './tiers.js';

/** What is known of one tier at the moment of asking. */
export interface TierFacts {
  exists: boolean;
  /** Seconds; null when the entry has no TTL or is not there. */
  ttlSeconds: number | null;
  /** Seconds since its collection; null when it is not there. */
  ageSeconds: number | null;
}

/** How often readers found what they looked for, over the last ten to twenty minutes. */
export interface TierHits {
  primary: number;
  backup: number;
  memory: number;
  miss: number;
}

export interface CacheFacts {
  /** False when Redis is configured and cannot be reached. */
  reachable: boolean;
  primary: TierFacts;
  backup: TierFacts;
  hits: TierHits;
  refresh: RefreshRecord;
  /** The picture is not renewed as it should be, for whatever reason. */
  stale: boolean;
  /** Of the last good collection, null when there was none. */
  collectionSeconds: number | null;
}

export const HEALTHY = 'Cache is healthy and operating normally';
const FAILURES_WORTH_A_WORD = 3;
/** A share of fewer reads says nothing: the very first read of a process is always a miss. */
const READS_WORTH_A_WORD = 5;
const SLOW_REFRESH_SECONDS = 10;
const SLOW_COLLECTION_SECONDS = 3;

type Rule = (facts: CacheFacts) => string | false;

/** One line a rule, in the contract's words; what it says of itself is in the first matching ones. */
const RULES: Rule[] = [
  ({ reachable }) => !reachable && 'Redis cache is not available - check connectivity',
  ({ primary, backup, reachable }) =>
    reachable &&
    !primary.exists &&
    !backup.exists &&
    'No cached data available - check Docker connectivity and refresh task',
  ({ primary, backup }) =>
    !primary.exists && backup.exists && 'Primary cache empty, falling back to backup - check refresh task frequency',
  (facts) => notRenewed(facts) && 'Primary cache data is stale - check refresh task',
  ({ backup }) => older(backup, BACKUP.ttlSeconds) && 'Backup cache data is very stale',
  ({ primary }) =>
    primary.exists && primary.ttlSeconds === null && 'Primary cache has no TTL - may persist indefinitely',
  ({ hits }) =>
    often(hits, hits.backup) && `Backup cache used for ${percent(hits.backup, hits)}% of reads - check refresh task`,
  ({ hits }) => often(hits, hits.miss) && `Cache miss rate is ${percent(hits.miss, hits)}% - check refresh task`,
  ({ refresh }) => refresh.consecutiveFailures > 0 && failing(refresh),
  ({ refresh }) =>
    (refresh.durationSeconds ?? 0) > SLOW_REFRESH_SECONDS &&
    `Last refresh took ${refresh.durationSeconds?.toFixed(1)} s - check the Docker Engine`,
  ({ collectionSeconds }) =>
    (collectionSeconds ?? 0) > SLOW_COLLECTION_SECONDS &&
    `Collection takes ${collectionSeconds?.toFixed(1)} s - check the Docker Engine`,
];

/** `data` of `GET /api/v1/status/swarm/cache`. Never healthy while the last refresh failed. */
export function cacheReport(facts: CacheFacts) {
  const { primary, backup, hits, refresh } = facts;
  const recommendations = RULES.map((rule) => rule(facts)).filter((line) => line !== false);
  return {
    cache_status: cacheStatus(facts),
    primary_cache: tierDocument(PRIMARY.key, primary),
    backup_cache: tierDocument(BACKUP.key, backup),
    hits: { ...hits, backup_percent: percent(hits.backup, hits), miss_percent: percent(hits.miss, hits) },
    refresh: {
      last_success_at: refresh.lastSuccessAt,
      last_attempt_at: refresh.lastAttemptAt,
      last_error: refresh.lastError,
      consecutive_failures: refresh.consecutiveFailures,
      duration_seconds: refresh.durationSeconds,
    },
    recommendations: recommendations.length > 0 ? recommendations : [HEALTHY],
  };
}

function cacheStatus({ reachable, primary, backup, stale }: CacheFacts): 'available' | 'degraded' | 'unavailable' {
  if (!reachable || (!primary.exists && !backup.exists)) return 'unavailable';
  return primary.exists && !stale ? 'available' : 'degraded';
}

/** A failed refresh has a line of its own, which says why. */
function notRenewed({ primary, stale, refresh }: CacheFacts): boolean {
  return older(primary, PRIMARY.ttlSeconds) || (primary.exists && stale && refresh.consecutiveFailures === 0);
}

function failing({ consecutiveFailures, lastError }: RefreshRecord): string {
  return consecutiveFailures >= FAILURES_WORTH_A_WORD
    ? `${consecutiveFailures} consecutive refresh failures - last error: ${lastError}`
    : `Last refresh failed - ${lastError}`;
}

function older({ exists, ageSeconds }: TierFacts, seconds: number): boolean {
  return exists && (ageSeconds ?? 0) > seconds;
}

/** More than half of the reads. */
function often(hits: TierHits, part: number): boolean {
  return allReads(hits) >= READS_WORTH_A_WORD && percent(part, hits) > 50;
}

function allReads({ primary, backup, memory, miss }: TierHits): number {
  return primary + backup + memory + miss;
}

/** Share of all reads in percent, one digit; 0 when there was none. */
function percent(part: number, hits: TierHits): number {
  const all = allReads(hits);
  return all === 0 ? 0 : Math.round((part / all) * 1000) / 10;
}

function tierDocument(key: string, { exists, ttlSeconds, ageSeconds }: TierFacts) {
  return { key, exists, ttl_seconds: ttlSeconds, data_available: exists, age_seconds: ageSeconds };
}
