import { Module } from '@nestjs/common';
import { EvaluatorSchedulerModule } from '../../alerts/evaluator/evaluator.scheduler.module.js';
import { ScheduleModule } from '../../platform/schedule/schedule.module.js';
import { DispatchSchedulerModule } from '../dispatch/dispatch.scheduler.module.js';
import { HeartbeatReceiver } from './heartbeat-receiver.client.js';
import { Heartbeat, HeartbeatTimes } from './heartbeat.service.js';
import { WatchdogBeats } from './watchdog-beats.store.js';

/** Tells from outside that alerting is alive. */
@Module({
  imports: [ScheduleModule, EvaluatorSchedulerModule, DispatchSchedulerModule],
  providers: [HeartbeatTimes, WatchdogBeats, HeartbeatReceiver, Heartbeat],
})
export class HeartbeatSchedulerModule {}
