/** The tiers a picture is published in; names and times are a contract with the clients that exist. */
export const PRIMARY = { key: 'docker_swarm_status', ttlSeconds: 300 } as const;
export const BACKUP = { key: 'docker_swarm_status_backup', ttlSeconds: 1800 } as const;
export const PERFORMANCE = { key: 'docker_swarm_performance', ttlSeconds: 600 } as const;
/** The {@link RefreshRecord}; PostgreSQL has it too. */
export const REFRESH = { key: 'docker_swarm_refresh', ttlSeconds: 3600 } as const;

/** The contract's words for what a refresh did to the tiers, told from what is in them. */
export function cacheOperations({
  primaryCached,
  backupCached,
}: {
  primaryCached: boolean;
  backupCached: boolean;
}): string[] {
  return [...(primaryCached ? ['primary_cache_updated'] : []), ...(backupCached ? ['backup_cache_updated'] : [])];
}

/** What a tier holds: the picture encoded once, so that Redis and PostgreSQL get the same bytes. */
export interface TierEntry {
  revision: string;
  /** ISO-8601: when the collection started that made the picture. */
  collectedAt: string;
  /** When it was put into the tiers. */
  cachedAt: string;
  /** Base64 of `picture.codec`. */
  encoded: string;
}

/** Where a reader found its picture. */
export type Tier = 'primary' | 'backup' | 'memory' | 'database' | 'unavailable';

/** The contract's words for the tiers. */
export const SOURCE_OF_TIER: Record<Tier, string> = {
  primary: 'cached',
  backup: 'backup_cache',
  memory: 'memory_copy',
  database: 'database',
  unavailable: 'cache_unavailable',
};
