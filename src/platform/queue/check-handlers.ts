import type { QueueName } from '../config/settings.schema.js';
import type { JobDefinition } from './job-catalogue.js';

/**
 * What is wrong with the handlers that were found: one sentence per mistake, each with what to do.
 * Only the jobs of `queues` need a handler; handlers for jobs of other queues may be there and lie idle.
 */
export function checkHandlers(
  catalogue: Readonly<Record<string, Pick<JobDefinition, 'queue'>>>,
  queues: readonly QueueName[],
  handlers: readonly { job: string; name: string }[],
): string[] {
  const problems = handlers
    .filter(({ job }) => !Object.hasOwn(catalogue, job))
    .map(
      ({ job, name }) =>
        `${name} handles "${job}", which is not in the job catalogue. Add it there, or correct the name.`,
    );
  for (const [job, { queue }] of Object.entries(catalogue)) {
    const names = handlers.filter((handler) => handler.job === job).map(({ name }) => name);
    if (names.length > 1) {
      problems.push(`Job "${job}" has ${names.length} handlers: ${names.join(', ')}. Keep one.`);
    } else if (names.length === 0 && queues.includes(queue)) {
      problems.push(
        `Job "${job}" of queue "${queue}" has no handler. Decorate a method with @JobHandler('${job}') in a module of this role, ` +
          `or leave "${queue}" out of SWARMWARD_WORKER_QUEUES.`,
      );
    }
  }
  return problems;
}
