import type { ImportedModule } from './root.module.js';
import { HealthApiModule } from '../health/health.api.module.js';
import { SecurityApiModule } from '../platform/security/security.api.module.js';
import { SwarmApiModule } from '../swarm/swarm.api.module.js';

/** Serves HTTP: reads the cache and the database, never Docker. */
export const apiFaces: ImportedModule[] = [SecurityApiModule, SwarmApiModule, HealthApiModule];
