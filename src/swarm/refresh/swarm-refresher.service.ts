import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Settings } from '../../platform/config/settings.schema.js';
import { AdvisoryLock, type Lease } from '../../platform/database/advisory-lock.store.js';
import { WorkerStoppingError } from '../../platform/queue/queue-errors.js';
import { oneLine } from '../engine/raw-fields.js';
import { SwarmClient, SwarmCollectionError, type Collection } from '../engine/swarm-client.port.js';
import { afterFailure, afterSuccess } from '../picture/refresh-record.js';
import { SwarmPublisher } from '../picture/swarm-publisher.service.js';
import { SwarmReader } from '../picture/swarm-reader.service.js';
import { SwarmStateStore } from '../picture/swarm-state.store.js';
import type { SwarmMemory, SwarmPicture } from '../picture/swarm-picture.js';
import { assessSwarm, notInSwarm } from '../rules/assess-swarm.js';
import { answers, type RefreshOutcome, type RefreshRequest } from './refresh-outcome.js';
import { RefreshLog } from './refresh-log.service.js';

const LOCK = 'swarm-refresh';
/** Longer than the longest collection (20 s): PostgreSQL takes the lock from a holder that is silent for so long. */
const LEASE_MS = 30_000;
/** The client ends its own collection after 20 s, and says of what; this is for a client that does not. */
const COLLECTION_LIMIT_MS = 22_000;
/** How long a request that knows of a change waits for the refresh that runs. */
const WAIT_FOR_LOCK_MS = 24_000;
const LOCK_RETRY_MS = 200;

/** One refresh at a time per swarm, over all processes: collect, judge, publish. */
@Injectable()
export class SwarmRefresher {
  constructor(
    private readonly settings: Settings,
    private readonly client: SwarmClient,
    private readonly locks: AdvisoryLock,
    private readonly store: SwarmStateStore,
    private readonly publisher: SwarmPublisher,
    private readonly reader: SwarmReader,
    private readonly log: RefreshLog,
  ) {}

  async refresh(request: RefreshRequest, signal: AbortSignal): Promise<RefreshOutcome> {
    const deadline = performance.now() + (request.requestedBy === 'cron' ? 0 : WAIT_FOR_LOCK_MS);
    for (;;) {
      const attempt = await this.locks.tryWithLock(LOCK, { leaseMs: LEASE_MS }, (lease) =>
        this.refreshAlone(request, lease, signal),
      );
      if (attempt.acquired) return attempt.value;
      if (performance.now() >= deadline) return { kind: 'busy' };
      await pause(LOCK_RETRY_MS, undefined, { signal });
    }
  }

  private async refreshAlone(request: RefreshRequest, lease: Lease, signal: AbortSignal): Promise<RefreshOutcome> {
    const before = await this.store.remembered();
    const at = new Date();
    if (answers(before.collectedAt, request, at)) return { kind: 'already_fresh' };
    const started = performance.now();
    const elapsed = () => (performance.now() - started) / 1000;
    try {
      const limit = AbortSignal.any([signal, lease.signal, AbortSignal.timeout(COLLECTION_LIMIT_MS)]);
      const collection = await this.client.collect(limit);
      const { picture, memory } = this.judge(collection, before.memory, at, elapsed());
      const durationSeconds = elapsed();
      const published = { ...picture, refreshDurationSeconds: durationSeconds };
      const record = afterSuccess({ at, durationSeconds });
      if (!(await this.publisher.publish(published, memory, record, lease, request.slot ?? null))) {
        return { kind: 'already_fresh' };
      }
      this.log.succeeded(published, collection.calls, before.refresh);
      return { kind: 'refreshed', revision: picture.revision, durationSeconds, apiCalls: collection.calls.length };
    } catch (error) {
      // Not a verdict on the swarm: this process stops, or another one has taken over.
      if (signal.reason instanceof WorkerStoppingError || lease.signal.aborted) throw error;
      const failure = this.explain(error);
      const record = afterFailure(before.refresh, { at, durationSeconds: elapsed() }, failure);
      await this.publisher.recordFailure(record);
      this.log.failed(record, error);
      return { kind: 'failed', ...failure };
    } finally {
      this.reader.forget();
    }
  }

  private judge(
    collection: Collection,
    memory: SwarmMemory,
    now: Date,
    collectionTimeSeconds: number,
  ): { picture: SwarmPicture; memory: SwarmMemory } {
    const facts = collection.kind === 'facts' ? collection.facts : null;
    const measured: SwarmPicture['collection'] = {
      collectionTimeSeconds,
      taskCollectionTimeSeconds: (collection.calls.find(({ call }) => call === 'tasks')?.durationMs ?? 0) / 1000,
      nodeCount: facts?.nodes.length ?? 0,
      serviceCount: facts?.services.length ?? 0,
      taskCount: facts?.tasks.length ?? 0,
      apiCalls: collection.calls.length,
      cacheUsed: false,
    };
    const context = { memory, now, revision: randomUUID(), collection: measured };
    if (collection.kind === 'not-in-swarm') return notInSwarm(context);
    const { swarmTaskCpus: cpus, swarmTaskMemoryMegabytes: memoryMegabytes } = this.settings;
    const judged = assessSwarm({ ...context, facts: collection.facts, taskSize: { cpus, memoryMegabytes } });
    if (collection.infoError) {
      judged.picture.warnings.push({
        code: 'info_unavailable',
        detail: `/info did not answer: ${collection.infoError}. The lists did, so this picture is complete.`,
        subject: { host: collection.host },
      });
    }
    return judged;
  }

  /** That there is no Docker where nobody said that there should be one is not an outage. */
  private explain(error: unknown): { code: string; message: string } {
    if (!(error instanceof SwarmCollectionError)) {
      const message = error instanceof Error ? error.message : String(error);
      return {
        code: 'refresh_failed',
        message: `The swarm could not be judged or published: ${oneLine(message, 300)}`,
      };
    }
    const { code, message } = error;
    const named = this.settings.dockerHost !== undefined || this.settings.dockerHosts !== undefined;
    return { code: code === 'docker_not_found' && !named ? 'docker_not_configured' : code, message };
  }
}
