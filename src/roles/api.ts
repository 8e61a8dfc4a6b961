import { AlertsApiModule } from '../alerts/alerts.api.module.js';
import type { ImportedModule } from './root.module.js';
import { DevicesApiModule } from '../devices/devices.api.module.js';
import { HealthApiModule } from '../health/health.api.module.js';
import { JobsApiModule } from '../jobs/jobs.api.module.js';
import { NotificationsApiModule } from '../notifications/notifications.api.module.js';
import { SecurityApiModule } from '../platform/security/security.api.module.js';
import { ProbesApiModule } from '../probes/probes.api.module.js';
import { signalFaces } from './signals.js';
import { StreamApiModule } from '../stream/stream.api.module.js';
import { SwarmApiModule } from '../swarm/swarm.api.module.js';

/** Serves HTTP: reads the cache and the database, never Docker. In the order of the API documentation. */
export const apiFaces: ImportedModule[] = [
  SwarmApiModule,
  // Before the inventory: `/devices/standalone/list` must not be taken for an id.
  ProbesApiModule,
  DevicesApiModule,
  ...signalFaces,
  AlertsApiModule,
  NotificationsApiModule,
  JobsApiModule,
  StreamApiModule,
  HealthApiModule,
  SecurityApiModule,
];
