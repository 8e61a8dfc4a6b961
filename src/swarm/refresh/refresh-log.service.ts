import { Injectable, Logger } from '@nestjs/common';
import { type EngineCall, SwarmCollectionError } from '../engine/swarm-client.port.js';
import { PictureMemo } from '../picture/picture-memo.service.js';
import type { RefreshRecord } from '../picture/refresh-record.js';
import type { SwarmPicture } from '../picture/swarm-picture.js';
import { detectTransitions } from '../rules/detect-transitions.js';

/** A refresh slower than this is told, with the call that was slow. */
const SLOW_SECONDS = 2;
/** After its first line a lasting failure is told again every so many failures. */
const REMIND_EVERY = 30;
/** Of one refresh; a lost datacentre must not flood the log. */
const MOST_LINES = 20;

/** Says what a person wants to know of the refreshes: the first, the changes, the slow ones; not each of them. */
@Injectable()
export class RefreshLog {
  private readonly log = new Logger('Swarm');
  private told: SwarmPicture | null = null;

  constructor(private readonly memo: PictureMemo) {}

  succeeded(picture: SwarmPicture, calls: EngineCall[], before: RefreshRecord): void {
    const { collection, refreshDurationSeconds: seconds } = picture;
    if (before.consecutiveFailures > 0 && this.told) {
      this.log.log(`Docker answers again after ${before.consecutiveFailures} failed refreshes`);
    } else if (!this.told) {
      this.log.log(firstLine(picture));
    }
    const transitions = detectTransitions(this.told, picture);
    for (const { subject, from, to } of transitions.slice(0, MOST_LINES)) this.log.log(`${subject}: ${from} → ${to}`);
    if (transitions.length > MOST_LINES) this.log.log(`… and ${transitions.length - MOST_LINES} more changes`);
    if (seconds > SLOW_SECONDS) {
      this.log.warn({ message: `Slow refresh: ${seconds.toFixed(1)} s, ${slowest(calls)}`, collection });
    }
    this.told = this.memo.picture ?? picture;
  }

  failed(record: RefreshRecord, error: unknown): void {
    const calls = error instanceof SwarmCollectionError ? error.calls : [];
    const { consecutiveFailures: failures, lastError, lastErrorCode, durationSeconds } = record;
    const slow = (durationSeconds ?? 0) > SLOW_SECONDS ? ` (${slowest(calls)})` : '';
    if (lastErrorCode === 'docker_not_configured') {
      if (failures === 1) this.log.log(lastError);
    } else if (lastErrorCode === 'refresh_failed' && failures === 1) {
      this.log.error(`Refresh failed: ${lastError}`, error instanceof Error ? error.stack : undefined);
    } else if (failures === 1 || failures % REMIND_EVERY === 0) {
      this.log.warn({ message: `Refresh failed: ${lastError}${slow}`, code: lastErrorCode, failures });
    } else {
      this.log.debug({ message: `Refresh failed again: ${lastError}${slow}`, code: lastErrorCode, failures });
    }
  }
}

function firstLine({ swarmActive, collection, refreshDurationSeconds }: SwarmPicture): string {
  if (!swarmActive) return 'The Docker Engine is not in swarm mode: nothing to watch until `docker swarm init`';
  const { nodeCount, serviceCount, taskCount } = collection;
  return `Watching a swarm of ${nodeCount} nodes, ${serviceCount} services, ${taskCount} tasks (collected in ${refreshDurationSeconds.toFixed(2)} s)`;
}

function slowest(calls: EngineCall[]): string {
  const slow = calls.reduce<EngineCall | null>(
    (worst, call) => (worst && worst.durationMs >= call.durationMs ? worst : call),
    null,
  );
  return slow ? `slowest call ${slow.call} ${(slow.durationMs / 1000).toFixed(1)} s` : 'no call was made';
}
