import { Injectable } from '@nestjs/common';
import { within } from '../../../platform/observability/time-limit.js';
import { type QueueFigures, QueueStatistics } from '../../../platform/queue/queue-statistics.service.js';
import { SamplePart } from '../sample-part.port.js';
import { ofInstallation, queueTarget, type Sample } from '../sample.js';
import { StartGrace } from '../start-grace.service.js';

/** Less than the sampler waits for the whole: that the queue does not answer is a finding, no failure. */
const LIMIT_MS = 1_500;

/** How the queues stand. With their tables locked, or Redis away that holds them, all that is known is that they do not answer. */
@Injectable()
export class QueuesPart extends SamplePart {
  readonly name = 'the queues';
  /** Asked again only when it has answered: what hangs must not be asked ever more often. */
  private asked: Promise<QueueFigures[]> | null = null;

  constructor(
    private readonly statistics: QueueStatistics,
    private readonly grace: StartGrace,
  ) {
    super();
  }

  async take(): Promise<Sample[]> {
    const queues = await within(LIMIT_MS, this.ask()).catch(() => null);
    if (!queues) return ofInstallation({ 'self.queue_up': 0 });
    const failed = queues.reduce((sum, queue) => sum + queue.failed, 0);
    const known = ofInstallation({ 'self.queue_up': 1, 'self.failed_jobs': failed });
    // After a stop of hours jobs lie there that are just about to be taken.
    return this.grace.isOver() ? [...known, ...queues.flatMap(samplesOf)] : known;
  }

  private ask(): Promise<QueueFigures[]> {
    return (this.asked ??= this.statistics.all().finally(() => (this.asked = null)));
  }
}

function samplesOf({ name, waiting, oldestWaitingSeconds }: QueueFigures): Sample[] {
  const target = queueTarget(name);
  return [
    { metric: 'self.queue_length', target, value: waiting },
    { metric: 'self.queue_oldest_seconds', target, value: oldestWaitingSeconds ?? 0 },
  ];
}
