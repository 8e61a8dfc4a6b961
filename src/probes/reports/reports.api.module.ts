import { Module } from '@nestjs/common';
import { AvailabilityController } from './availability/availability.controller.js';
import { AvailabilityReader } from './availability/availability.store.js';
import { DeviceHistory } from './device/device-history.store.js';
import { DeviceReportsController } from './device/device-reports.controller.js';
import { DeviceStateReader } from './device/device-state.store.js';
import { KnownDevices } from './device/known-device.store.js';
import { DeviceRollups } from './device/rollups.store.js';
import { DeviceStateTopic } from './device-state-topic.store.js';
import { StandaloneListController } from './list/standalone-list.controller.js';
import { StandaloneListStore } from './list/standalone-list.store.js';
import { StreamedAnswers, StreamLimits } from './streamed-answer.client.js';
import { StatsSummaryController } from './summary/stats-summary.controller.js';
import { StatsSummaryReader } from './summary/stats-summary.store.js';

/** Device list, state, pings, rollups, availability and events over HTTP. Fixed paths first: they must not be taken for ids. */
@Module({
  controllers: [StandaloneListController, StatsSummaryController, AvailabilityController, DeviceReportsController],
  providers: [
    StreamLimits,
    StreamedAnswers,
    StandaloneListStore,
    StatsSummaryReader,
    AvailabilityReader,
    KnownDevices,
    DeviceStateReader,
    DeviceHistory,
    DeviceRollups,
    DeviceStateTopic,
  ],
})
export class ReportsApiModule {}
