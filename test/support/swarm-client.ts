import { readSettings } from '../../src/platform/config/read-settings.js';
import { DockerodeSwarmClient } from '../../src/swarm/engine/dockerode-swarm.client.js';
import { DefaultEngineLimits, type EngineLimits } from '../../src/swarm/engine/engine-limits.js';
import { SwarmCollectionError } from '../../src/swarm/engine/swarm-client.port.js';

/** Far more than an engine on this machine needs; what is to run out has a limit of its own. */
const PATIENT = {
  callMs: 10_000,
  collectMs: 20_000,
  infoGraceMs: 10_000,
  retryFirstMs: 20,
  retryMaxMs: 100,
  eventsRenewMs: 60_000,
};

/** Of a collection that nobody stops. */
export const never = new AbortController().signal;

export function clientOf(env: Record<string, string>, limits: Partial<EngineLimits> = {}): DockerodeSwarmClient {
  return new DockerodeSwarmClient(readSettings(env), Object.assign(new DefaultEngineLimits(), PATIENT, limits));
}

/** How a collection that must not succeed fails. */
export async function failure(client: DockerodeSwarmClient, signal = never): Promise<SwarmCollectionError> {
  const outcome = await client.collect(signal).catch((error: unknown) => error);
  if (outcome instanceof SwarmCollectionError) return outcome;
  throw new Error('It did not fail as it should', { cause: outcome });
}
