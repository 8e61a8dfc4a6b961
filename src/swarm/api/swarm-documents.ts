import type { SwarmProblem, SwarmService, SwarmTask } from '../picture/swarm-picture.js';

/** An element of `GET /api/v1/status/swarm/services`. */
export function serviceDocument(service: SwarmService) {
  return {
    id: service.id,
    name: service.name,
    stack: service.stack,
    mode: service.mode,
    image: service.image,
    health: service.health,
    reasons: service.reasons,
    desired_tasks: service.desiredTasks,
    running_tasks: service.runningTasks,
    docker_running_tasks: service.dockerRunningTasks,
    completed_tasks: service.completedTasks,
    restarts_per_hour: service.restartsPerHour,
    failures: service.failures.map(({ slot, node, at, message, exitCode }) => ({
      slot,
      node,
      at,
      message,
      exit_code: exitCode,
    })),
    truncated: service.truncated,
    update_state: service.updateState,
    reserved_cpu_nanos: service.reservedCpuNanos,
    reserved_memory_bytes: service.reservedMemoryBytes,
    constraints: service.constraints,
    published_ports: service.publishedPorts.map(({ protocol, targetPort, publishedPort, publishMode }) => ({
      protocol,
      target_port: targetPort,
      published_port: publishedPort,
      publish_mode: publishMode,
    })),
    created_at: service.createdAt,
    updated_at: service.updatedAt,
  };
}

/** An element of `GET /api/v1/status/swarm/tasks`. */
export function taskDocument(task: SwarmTask) {
  return {
    id: task.id,
    service_id: task.serviceId,
    service_name: task.serviceName,
    slot: task.slot,
    node_id: task.nodeId,
    hostname: task.hostname,
    state: task.state,
    desired_state: task.desiredState,
    message: task.message,
    error: task.error,
    exit_code: task.exitCode,
    since: task.since,
  };
}

/** An element of `GET /api/v1/status/swarm/problems`. */
export function problemDocument(problem: SwarmProblem) {
  return {
    severity: problem.severity,
    kind: problem.kind,
    code: problem.code,
    reason: problem.reason,
    since: problem.since,
    exit_code: problem.exitCode,
    subject: problem.subject,
  };
}
