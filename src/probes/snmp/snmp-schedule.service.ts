import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { JobProducer } from '../../platform/queue/job-producer.service.js';
import { ScheduleKeeper } from '../../platform/schedule/schedule-keeper.service.js';
import { SnmpScheduleStore } from './snmp-schedule.store.js';

/** When which shard of items is due. Ticks only enqueue. */
@Injectable()
export class SnmpSchedule implements OnApplicationBootstrap {
  constructor(
    private readonly keeper: ScheduleKeeper,
    private readonly store: SnmpScheduleStore,
    private readonly jobs: JobProducer,
  ) {}

  onApplicationBootstrap(): void {
    this.keeper.keep({
      name: 'snmp',
      wanted: () => this.store.wanted(),
      due: ({ kind, intervalSeconds, shard }, slot) =>
        this.jobs.enqueue(
          'snmp.poll',
          { intervalSeconds, shard },
          slot ? { slot } : { dedupe: `${kind}-${shard}-cron` },
        ),
    });
  }
}
