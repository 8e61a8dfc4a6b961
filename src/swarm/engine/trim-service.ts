import type { EngineService, PublishedPort, ServiceMode } from './engine-facts.js';
import {
  isRecord,
  jobIteration,
  list,
  number,
  numberOrNull,
  oneLine,
  type Raw,
  record,
  text,
  time,
} from './raw-fields.js';

/**
 * Keeps the allowed fields of one element of `GET /services?status=true`. The task template holds environment values,
 * secrets and configs: only the image name, reservations and placement constraints leave it.
 * Null when it is not an object with an `ID`.
 */
export function trimService(raw: unknown): EngineService | null {
  if (!isRecord(raw)) return null;
  const id = text(raw['ID']);
  if (id === null) return null;
  const spec = record(raw['Spec']);
  const template = record(spec['TaskTemplate']);
  const reservations = record(record(template['Resources'])['Reservations']);
  const update = record(raw['UpdateStatus']);
  const updateMessage = text(update['Message']);
  return {
    id,
    name: text(spec['Name']) ?? id,
    stack: text(record(spec['Labels'])['com.docker.stack.namespace']),
    ...mode(record(spec['Mode'])),
    image: text(record(template['ContainerSpec'])['Image'])?.replace(/@sha\d+:[0-9a-f]+$/i, '') ?? null,
    jobIteration: jobIteration(record(raw['JobStatus'])['JobIteration']),
    docker: dockerCounts(raw['ServiceStatus']),
    updateState: text(update['State']),
    updateMessage: updateMessage === null ? null : oneLine(updateMessage, 500),
    reservedNanoCpus: number(reservations['NanoCPUs']),
    reservedMemoryBytes: number(reservations['MemoryBytes']),
    constraints: list(record(template['Placement'])['Constraints']).filter((item) => typeof item === 'string'),
    publishedPorts: list(record(raw['Endpoint'])['Ports']).filter(isRecord).map(port),
    createdAt: time(raw['CreatedAt']),
    updatedAt: time(raw['UpdatedAt']),
  };
}

/** Where a number is left out the engine takes 1 (https://docs.docker.com/reference/api/engine/, ServiceSpec.Mode). */
function mode(raw: Raw): { mode: ServiceMode; replicas: number | null } {
  if ('Global' in raw) return { mode: 'global', replicas: null };
  if ('GlobalJob' in raw) return { mode: 'global-job', replicas: null };
  if ('ReplicatedJob' in raw) {
    const job = record(raw['ReplicatedJob']);
    const total = numberOrNull(job['TotalCompletions']) ?? numberOrNull(job['MaxConcurrent']) ?? 1;
    return { mode: 'replicated-job', replicas: total };
  }
  return { mode: 'replicated', replicas: numberOrNull(record(raw['Replicated'])['Replicas']) ?? 1 };
}

function dockerCounts(raw: unknown): EngineService['docker'] {
  if (!isRecord(raw)) return null;
  return {
    desiredTasks: number(raw['DesiredTasks']),
    runningTasks: number(raw['RunningTasks']),
    completedTasks: number(raw['CompletedTasks']),
  };
}

function port(raw: Raw): PublishedPort {
  return {
    protocol: text(raw['Protocol']) ?? 'tcp',
    targetPort: number(raw['TargetPort']),
    publishedPort: number(raw['PublishedPort']),
    publishMode: text(raw['PublishMode']) ?? 'ingress',
  };
}
