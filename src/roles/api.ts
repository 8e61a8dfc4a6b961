import type { ImportedModule } from './root.module.js';
import { HealthApiModule } from '../health/health.api.module.js';
import { SecurityApiModule } from '../platform/security/security.api.module.js';
import { SwarmApiModule } from '../swarm/swarm.api.module.js';

/** Serves HTTP: reads the cache and the database, never Docker. In the order of the API documentation. */
export const apiFaces: ImportedModule[] = [SwarmApiModule, HealthApiModule, SecurityApiModule];
