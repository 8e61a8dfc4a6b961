import { Module } from '@nestjs/common';
import { CycleReportStore } from './cycle-report.store.js';
import { DriverReportStore } from './driver-report.store.js';
import { ProbeScheduleStore } from './probe-schedule.store.js';

/** What others may ask about cycles, drivers and the vantage point. */
@Module({
  providers: [CycleReportStore, DriverReportStore, ProbeScheduleStore],
  exports: [CycleReportStore, DriverReportStore, ProbeScheduleStore],
})
export class CycleModule {}
