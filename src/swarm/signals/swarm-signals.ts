import type { SignalTarget } from '../../metrics/signal-source.port.js';
import { NOT_APPLICABLE, UNKNOWN } from '../../metrics/metric.js';
import type { TierHits } from '../picture/cache-report.js';
import { type SwarmReading, staleAfterSeconds } from '../picture/reading.js';
import type { SwarmNode, SwarmPicture, SwarmService } from '../picture/swarm-picture.js';
import { majorityOf } from '../rules/quorum.js';
import { MIN_READS, RESTART_MINUTES } from './swarm-metrics.js';

export interface SwarmFacts {
  reading: SwarmReading;
  hits: TierHits;
  now: Date;
  refreshSeconds: number;
}

/** What there is to be judged: nothing without a swarm. Null: that is not known, which is not the same. */
export interface SwarmTargets {
  swarm: readonly SignalTarget[] | null;
  nodes: readonly SwarmNode[] | null;
  services: readonly SwarmService[] | null;
  /** False: the picture is too old to say anything about now. */
  isCurrent: boolean;
}

const SWARM: SignalTarget = { key: 'swarm', name: 'swarm', labels: {} };
/** A picture from further in the future than clocks of two machines differ: a clock was set back, its age is unknown. */
const CLOCKS_DIFFER_SECONDS = 5;
const UPDATE_FAILED = new Set(['paused', 'rollback_started', 'rollback_paused', 'rollback_completed']);

/**
 * An engine that is in no swarm, and a machine without Docker where nobody said that there should be one, have nothing to be told of.
 * A Docker that is gone where there was a swarm is an outage.
 */
export function swarmTargets({ reading, now, refreshSeconds }: SwarmFacts): SwarmTargets {
  const { picture, refresh } = reading;
  if (!picture && refresh.lastAttemptAt === null) return { swarm: null, nodes: null, services: null, isCurrent: false };
  const isWatched = picture ? picture.swarmActive : refresh.lastErrorCode !== 'docker_not_configured';
  if (!isWatched) return { swarm: [], nodes: [], services: [], isCurrent: false };
  const age = picture ? ageOf(picture, now) : null;
  return {
    swarm: [SWARM],
    nodes: picture?.nodes ?? null,
    services: picture?.services ?? null,
    isCurrent: age !== null && age <= staleAfterSeconds(refreshSeconds, refresh.durationSeconds),
  };
}

export function nodeTarget({ id, hostname, role }: SwarmNode): SignalTarget {
  return { key: id, name: hostname, labels: { node: hostname, role } };
}

export function serviceTarget({ id, name, stack, mode }: SwarmService): SignalTarget {
  return { key: id, name, labels: { service: name, ...(stack !== null && { stack }), mode } };
}

/** `1 or 0`; UNKNOWN while Docker itself does not know. */
const NODE_DOWN: Record<SwarmNode['state'], number> = { ready: 0, down: 1, disconnected: UNKNOWN, unknown: UNKNOWN };

export function nodeValue(metric: string, node: SwarmNode): number {
  return metric === 'swarm.node_down' ? NODE_DOWN[node.state] : UNKNOWN;
}

export function serviceValue(metric: string, service: SwarmService, collectedAt: string): number {
  if (metric === 'swarm.task_restart_rate') return restartsAMinute(service, collectedAt);
  if (service.mode === 'replicated-job' || service.mode === 'global-job') return NOT_APPLICABLE;
  if (metric === 'swarm.service_missing_replicas') return Math.max(0, service.desiredTasks - service.runningTasks);
  if (metric === 'swarm.service_flapping') return service.health === 'flapping' ? 1 : 0;
  if (metric === 'swarm.update_failed') return UPDATE_FAILED.has(service.updateState ?? '') ? 1 : 0;
  return UNKNOWN;
}

export function swarmValue(metric: string, { reading, hits, now }: SwarmFacts, isCurrent: boolean): number {
  const { picture, refresh } = reading;
  switch (metric) {
    case 'swarm.quorum_margin':
      return picture && isCurrent ? quorumMargin(picture) : UNKNOWN;
    case 'swarm.collection_seconds':
      return picture && isCurrent ? picture.collection.collectionTimeSeconds : UNKNOWN;
    case 'swarm.collect_age_seconds':
      return (picture && ageOf(picture, now)) ?? UNKNOWN;
    case 'swarm.refresh_seconds':
      return refresh.durationSeconds ?? UNKNOWN;
    case 'swarm.refresh_failures':
      return refresh.lastAttemptAt === null ? UNKNOWN : refresh.consecutiveFailures;
    case 'swarm.backup_source_percent':
      return picture ? share(hits.backup, hits) : UNKNOWN;
    case 'swarm.miss_percent':
      return picture ? share(hits.miss, hits) : UNKNOWN;
    default:
      return UNKNOWN;
  }
}

/** Null: it claims to be of the future. */
function ageOf({ collectedAt }: SwarmPicture, now: Date): number | null {
  const seconds = (now.getTime() - Date.parse(collectedAt)) / 1_000;
  return seconds < -CLOCKS_DIFFER_SECONDS ? null : Math.max(0, seconds);
}

function quorumMargin({ quorum }: SwarmPicture): number {
  return quorum.managers === 0 ? UNKNOWN : quorum.reachable - majorityOf(quorum.managers);
}

/** Only the newest failures of a service are shown: when those that are say less than the whole window, they are counted over their own. */
function restartsAMinute({ failures, restartsPerHour }: SwarmService, collectedAt: string): number {
  const until = Date.parse(collectedAt);
  const from = until - RESTART_MINUTES * 60_000;
  const recent = failures.filter(({ at }) => Date.parse(at) >= from);
  const areAllRecent = recent.length === failures.length && failures.length < restartsPerHour;
  const eldest = Math.min(...recent.map(({ at }) => Date.parse(at)));
  const minutes = areAllRecent ? Math.max(1, until - eldest) / 60_000 : RESTART_MINUTES;
  return recent.length / minutes;
}

function share(part: number, { primary, backup, memory, miss }: TierHits): number {
  const all = primary + backup + memory + miss;
  return all < MIN_READS ? UNKNOWN : (part / all) * 100;
}
