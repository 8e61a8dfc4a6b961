import { z } from 'zod';
import type { ListRules } from '../../platform/http/list-page.js';
import { listQuery } from '../../platform/http/list-query.js';
import {
  SERVICE_HEALTHS,
  type SwarmNode,
  type SwarmProblem,
  type SwarmService,
  type SwarmTask,
} from '../picture/swarm-picture.js';
import { nodeDocument } from '../picture/status-document.js';
import { problemDocument, serviceDocument, taskDocument } from './swarm-documents.js';
import { nodeSchema, problemSchema, serviceSchema, taskSchema } from './swarm.dto.js';

/** How each list of the swarm may be asked for, and how the answer is made. */
const word = (meaning: string) => z.string().min(1).max(200).optional().describe(meaning);
const yes = z
  .enum(['true', 'false'], { error: 'Must be true or false.' })
  .transform((text) => text === 'true')
  .optional();

export const nodesQuery = listQuery({
  item: nodeSchema,
  sort: ['hostname', 'role', 'state', 'running_tasks', 'created_at'],
  defaultSort: 'hostname',
  search: 'hostname, id and address',
  filters: {
    role: z.enum(['manager', 'worker'], { error: 'Must be manager or worker.' }).optional(),
    state: z
      .enum(['ready', 'down', 'disconnected', 'unknown'], { error: 'Must be ready, down, disconnected or unknown.' })
      .optional(),
    availability: z.enum(['active', 'pause', 'drain'], { error: 'Must be active, pause or drain.' }).optional(),
  },
});
type NodesQuery = z.output<typeof nodesQuery>;

export const nodesRules: ListRules<SwarmNode, NodesQuery['filters'], NodesQuery['sort']['key']> = {
  id: (node) => node.id,
  sort: {
    hostname: (node) => node.hostname,
    role: (node) => node.role,
    state: (node) => node.state,
    running_tasks: (node) => node.runningTasks,
    created_at: (node) => node.createdAt,
  },
  search: (node) => [node.hostname, node.id, node.address],
  filters: {
    role: (node, role) => node.role === role,
    state: (node, state) => node.state === state,
    availability: (node, availability) => node.availability === availability,
  },
  present: nodeDocument,
};

export const servicesQuery = listQuery({
  item: serviceSchema,
  sort: ['name', 'health', 'stack', 'running_tasks', 'restarts_per_hour', 'created_at', 'updated_at'],
  defaultSort: 'name',
  search: 'name, id, image and stack',
  filters: {
    stack: word('Name of the stack'),
    mode: z
      .enum(['replicated', 'global', 'replicated-job', 'global-job'], {
        error: 'Must be replicated, global, replicated-job or global-job.',
      })
      .optional(),
    health: z.enum(SERVICE_HEALTHS, { error: `Must be one of: ${SERVICE_HEALTHS.join(', ')}.` }).optional(),
  },
});
type ServicesQuery = z.output<typeof servicesQuery>;

export const servicesRules: ListRules<SwarmService, ServicesQuery['filters'], ServicesQuery['sort']['key']> = {
  id: (service) => service.id,
  sort: {
    name: (service) => service.name,
    health: (service) => service.health,
    stack: (service) => service.stack,
    running_tasks: (service) => service.runningTasks,
    restarts_per_hour: (service) => service.restartsPerHour,
    created_at: (service) => service.createdAt,
    updated_at: (service) => service.updatedAt,
  },
  search: (service) => [service.name, service.id, service.image, service.stack],
  filters: {
    stack: (service, stack) => service.stack === stack,
    mode: (service, mode) => service.mode === mode,
    health: (service, health) => service.health === health,
  },
  present: serviceDocument,
};

export const tasksQuery = listQuery({
  item: taskSchema,
  sort: ['service_name', 'since', 'state', 'hostname'],
  defaultSort: 'service_name',
  search: 'service name, id, hostname, message and error',
  filters: {
    service: word('Id or name of the service'),
    node: word('Id or hostname of the node'),
    state: word('State that Docker reports, for example `running`'),
    desired_state: word('State that Docker wants, for example `shutdown`'),
    stack: word('Name of the stack'),
    problem: yes.describe('`true`: only tasks with which something is wrong'),
  },
});
type TasksQuery = z.output<typeof tasksQuery>;

export const tasksRules: ListRules<SwarmTask, TasksQuery['filters'], TasksQuery['sort']['key']> = {
  id: (task) => task.id,
  sort: {
    service_name: (task) => task.serviceName,
    since: (task) => task.since,
    state: (task) => task.state,
    hostname: (task) => task.hostname,
  },
  search: (task) => [task.serviceName, task.id, task.hostname, task.message, task.error],
  filters: {
    service: (task, service) => task.serviceId === service || task.serviceName === service,
    node: (task, node) => task.nodeId === node || task.hostname === node,
    state: (task, state) => task.state === state,
    desired_state: (task, state) => task.desiredState === state,
    stack: (task, stack) => task.stack === stack,
    problem: (task, problem) => task.problem === problem,
  },
  present: taskDocument,
};

export const problemsQuery = listQuery({
  item: problemSchema,
  sort: ['rank', 'since'],
  defaultSort: 'rank',
  search: 'reason and name',
  filters: {
    severity: z.enum(['critical', 'warning'], { error: 'Must be critical or warning.' }).optional(),
    kind: z.enum(['node', 'service', 'task', 'quorum'], { error: 'Must be node, service, task or quorum.' }).optional(),
  },
});
type ProblemsQuery = z.output<typeof problemsQuery>;
/** A problem with its place in the order, worst first. */
export type RankedProblem = SwarmProblem & { rank: number };

export const problemsRules: ListRules<RankedProblem, ProblemsQuery['filters'], ProblemsQuery['sort']['key']> = {
  id: (problem) => `${problem.kind} ${problem.code} ${problem.subject.id}`,
  sort: { rank: (problem) => problem.rank, since: (problem) => problem.since },
  search: (problem) => [problem.reason, problem.subject.name],
  filters: {
    severity: (problem, severity) => problem.severity === severity,
    kind: (problem, kind) => problem.kind === kind,
  },
  present: problemDocument,
};
export type { NodesQuery, ProblemsQuery, ServicesQuery, TasksQuery };
