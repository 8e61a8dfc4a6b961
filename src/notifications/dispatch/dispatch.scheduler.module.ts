import { Module } from '@nestjs/common';
import { OutboxModule } from '../../alerts/outbox/outbox.module.js';
import { ScheduleModule } from '../../platform/schedule/schedule.module.js';
import { ChannelsModule } from '../channels/channels.module.js';
import { DriversModule } from '../channels/drivers.module.js';
import { RoutingModule } from '../policy/routing.module.js';
import { Claimer } from './claimer.service.js';
import { ClaimStore } from './claim.store.js';
import { DeliveryRounds } from './delivery-rounds.service.js';
import { DispatchDuty } from './dispatch-duty.service.js';
import { DispatchModule } from './dispatch.module.js';
import { Dispatcher } from './dispatcher.service.js';
import { DispatcherStatus } from './dispatcher-status.js';
import { PlanStore } from './plan.store.js';
import { Planner } from './planner.service.js';
import { ResultsStore } from './results.store.js';
import { Sender } from './sender.service.js';
import { StrandedDeliveries } from './stranded-deliveries.store.js';

/** Takes what is in the outbox, and delivers it. */
@Module({
  imports: [ScheduleModule, OutboxModule, ChannelsModule, DriversModule, RoutingModule, DispatchModule],
  providers: [
    PlanStore,
    Planner,
    ClaimStore,
    Claimer,
    ResultsStore,
    StrandedDeliveries,
    Sender,
    DeliveryRounds,
    Dispatcher,
    DispatcherStatus,
    DispatchDuty,
  ],
  exports: [DispatcherStatus, DispatchModule],
})
export class DispatchSchedulerModule {}
