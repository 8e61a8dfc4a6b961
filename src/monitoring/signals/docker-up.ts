import { NOT_APPLICABLE, UNKNOWN } from '../../metrics/metric.js';
import { staleAfterSeconds, type SwarmReading } from '../../swarm/picture/reading.js';

/**
 * 1 when the last refresh reached Docker, 0 when it did not; UNKNOWN when nobody has tried for too long or it failed of something else.
 * Where there never was a swarm it says nothing: many have none.
 */
export function dockerUp({ picture, refresh, unconfirmed }: SwarmReading, now: Date, refreshSeconds: number): number {
  if (unconfirmed) return UNKNOWN;
  if (!picture?.swarmActive || !refresh.lastAttemptAt) return NOT_APPLICABLE;
  const age = (now.getTime() - Date.parse(refresh.lastAttemptAt)) / 1_000;
  if (age > staleAfterSeconds(refreshSeconds, refresh.durationSeconds)) return UNKNOWN;
  if (refresh.consecutiveFailures === 0) return 1;
  return refresh.lastErrorCode?.startsWith('docker_') ? 0 : UNKNOWN;
}
