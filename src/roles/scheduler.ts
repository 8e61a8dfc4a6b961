import { AlertsSchedulerModule } from '../alerts/alerts.scheduler.module.js';
import { MonitoringSchedulerModule } from '../monitoring/monitoring.scheduler.module.js';
import { SelfSamplerSchedulerModule } from '../monitoring/signals/self-sampler.scheduler.module.js';
import { NotificationsSchedulerModule } from '../notifications/notifications.scheduler.module.js';
import { ProbesSchedulerModule } from '../probes/probes.scheduler.module.js';
import { QueueSchedulerModule } from '../platform/queue/queue.scheduler.module.js';
import { ScheduleModule } from '../platform/schedule/schedule.module.js';
import { SwarmSchedulerModule } from '../swarm/swarm.scheduler.module.js';
import type { ImportedModule } from './root.module.js';
import { signalFaces } from './signals.js';

/** Says when work is due. Ticks only enqueue. The watchdog, which judges and tells, runs here: it must not ride on what it watches. */
export const schedulerFaces: ImportedModule[] = [
  ScheduleModule,
  QueueSchedulerModule,
  SwarmSchedulerModule,
  ProbesSchedulerModule,
  MonitoringSchedulerModule,
  ...signalFaces,
  SelfSamplerSchedulerModule,
  AlertsSchedulerModule,
  NotificationsSchedulerModule,
];
