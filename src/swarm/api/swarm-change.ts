import { createHash } from 'node:crypto';
import type { StreamData } from '../../platform/events/stream-catalogue.js';
import { isStale, type SwarmReading } from '../picture/reading.js';

/** Data of the event `swarm.changed`. */
export function swarmChange(reading: SwarmReading, now: Date, refreshSeconds: number): StreamData<'swarm.changed'> {
  const { picture } = reading;
  const nodes = picture?.nodes ?? [];
  const inState = (state: string): number => nodes.filter((node) => node.state === state).length;
  return {
    revision: picture?.revision ?? null,
    collected_at: picture?.collectedAt ?? null,
    stale: isStale(reading, now, refreshSeconds),
    nodes: { total: nodes.length, ready: inState('ready'), down: inState('down') },
    services: { ...picture?.servicesSummary },
    problems: picture?.problems.length ?? 0,
  };
}

/**
 * Text that changes with everything that a client can read of the swarm, except what only passes with time: revision, durations, and
 * the failures of a service that fall out of their window one by one (its newest one counts). Tasks count by what they make of their
 * services, nodes and problems: a swarm may have a hundred thousand of them.
 */
export function swarmDigest({ picture, refresh }: SwarmReading, stale: boolean): string {
  const services = picture?.services.map(({ failures, ...service }) => ({
    ...service,
    restartsPerHour: null,
    failedAt: failures[0]?.at ?? null,
  }));
  const { nodes, problems, warnings, quorum, swarmActive, error } = picture ?? {};
  const truth = {
    stale,
    lastError: refresh.lastErrorCode,
    nodes,
    services,
    problems,
    warnings,
    quorum,
    swarmActive,
    error,
  };
  return createHash('sha256').update(JSON.stringify(truth)).digest('base64');
}
