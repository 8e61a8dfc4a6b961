import { ageSeconds, isStale, type SwarmReading } from '../swarm/picture/reading.js';
import { degraded, healthy, notConfigured, type ComponentHealth } from './component-health.js';

/** Health of the collection, not of the swarm itself: what is wrong inside the swarm is under `/problems`. */
export function judgeSwarm(reading: SwarmReading, now: Date, refreshSeconds: number): ComponentHealth {
  const { picture, refresh } = reading;
  if (!picture && refresh.lastErrorCode === 'docker_not_configured') return notConfigured(refresh.lastError ?? '');
  if (picture && !picture.swarmActive && refresh.consecutiveFailures === 0) return notConfigured('not in swarm mode');
  if (refresh.lastError) return degraded(refresh.lastError);
  if (!picture) return degraded('not collected yet');
  if (!isStale(reading, now, refreshSeconds)) return healthy();
  return degraded(`no refresh for ${Math.round(ageSeconds(reading, now) ?? 0)} s`);
}
