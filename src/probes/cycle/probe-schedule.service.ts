import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { JobProducer } from '../../platform/queue/job-producer.service.js';
import { ScheduleKeeper } from '../../platform/schedule/schedule-keeper.service.js';
import { ProbeScheduleStore } from './probe-schedule.store.js';

/** When which shard is due. Ticks only enqueue. */
@Injectable()
export class ProbeSchedule implements OnApplicationBootstrap {
  constructor(
    private readonly keeper: ScheduleKeeper,
    private readonly store: ProbeScheduleStore,
    private readonly jobs: JobProducer,
  ) {}

  onApplicationBootstrap(): void {
    this.keeper.keep({
      name: 'probes',
      wanted: () => this.store.wanted(),
      due: ({ kind, intervalSeconds, shard }, slot) =>
        this.jobs.enqueue(
          kind.startsWith('ping-') ? 'ping.cycle' : 'checks.cycle',
          { intervalSeconds, shard },
          slot ? { slot } : { dedupe: `${kind}-${shard}-cron` },
        ),
    });
  }
}
