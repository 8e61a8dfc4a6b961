import type { Settings } from '../platform/config/settings.schema.js';
import type { ImportedModule } from './root.module.js';

/**
 * The faces of a role. Loaded on demand, so that a process has only the code of its role: an API process does not even
 * load the Docker client.
 */
export async function facesOf(settings: Pick<Settings, 'role' | 'workerQueues'>): Promise<ImportedModule[]> {
  const { role, workerQueues } = settings;
  const [api, worker, scheduler] = await Promise.all([
    role === 'api' || role === 'all' ? import('./api.js') : null,
    role === 'worker' || role === 'all'
      ? import('./worker.js').then(({ workerFaces }) => workerFaces(workerQueues))
      : [],
    role === 'scheduler' || role === 'all' ? import('./scheduler.js') : null,
  ]);
  return [...(api?.apiFaces ?? []), ...worker, ...(scheduler?.schedulerFaces ?? [])];
}
