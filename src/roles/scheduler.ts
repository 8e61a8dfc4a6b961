import { MonitoringSchedulerModule } from '../monitoring/monitoring.scheduler.module.js';
import { ProbesSchedulerModule } from '../probes/probes.scheduler.module.js';
import { QueueSchedulerModule } from '../platform/queue/queue.scheduler.module.js';
import { ScheduleModule } from '../platform/schedule/schedule.module.js';
import { SwarmSchedulerModule } from '../swarm/swarm.scheduler.module.js';
import type { ImportedModule } from './root.module.js';

/** Says when work is due. Ticks only enqueue. */
export const schedulerFaces: ImportedModule[] = [
  ScheduleModule,
  QueueSchedulerModule,
  SwarmSchedulerModule,
  ProbesSchedulerModule,
  MonitoringSchedulerModule,
];
