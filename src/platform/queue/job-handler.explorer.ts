import { Injectable } from '@nestjs/common';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import type { QueueName } from '../config/settings.schema.js';
import { checkHandlers } from './check-handlers.js';
import { JobCatalogue } from './job-catalogue.js';
import { JOB_HANDLER, type JobContext } from './job-handler.decorator.js';

/** A method decorated with `@JobHandler`, ready to be called. */
export interface FoundHandler {
  job: string;
  /** `Class.method`, for messages. */
  name: string;
  run(payload: unknown, context: JobContext): Promise<unknown>;
}

/** Finds the job handlers among all providers of the application. */
@Injectable()
export class JobHandlerExplorer {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly reflector: Reflector,
    private readonly catalogue: JobCatalogue,
  ) {}

  /**
   * The handlers of all jobs, by job name.
   * @throws Error that names job and methods when a job of `queues` has not exactly one handler, or a handler is for no known job
   */
  explore(queues: readonly QueueName[]): Map<string, FoundHandler> {
    const found = this.discovery.getProviders().flatMap(({ instance }) => this.handlersOf(instance));
    const problems = checkHandlers(this.catalogue, queues, found);
    if (problems.length > 0)
      throw new Error(`Cannot start the worker:\n${problems.map((line) => `  - ${line}`).join('\n')}`);
    return new Map(found.map((handler) => [handler.job, handler]));
  }

  private handlersOf(instance: unknown): FoundHandler[] {
    if (typeof instance !== 'object' || instance === null) return [];
    const prototype = Object.getPrototypeOf(instance) as object | null;
    if (!prototype) return [];
    return this.scanner.getAllMethodNames(prototype).flatMap((key) => {
      const method = (instance as Record<string, unknown>)[key];
      if (typeof method !== 'function') return [];
      const job = this.reflector.get<string | undefined>(JOB_HANDLER, method);
      if (job === undefined) return [];
      const run = method.bind(instance) as FoundHandler['run'];
      return [{ job, name: `${instance.constructor.name}.${key}`, run }];
    });
  }
}
