import { Module } from '@nestjs/common';
import { CalendarModule } from '../../devices/calendar/calendar.module.js';
import { DriversModule } from '../drivers/drivers.module.js';
import { HistoryModule } from '../history/history.module.js';
import { CycleCommitStore } from './cycle-commit.store.js';
import { CycleCommitter } from './cycle-committer.service.js';
import { CycleRunner } from './cycle-runner.service.js';
import { CycleModule } from './cycle.module.js';
import { DriverWatch } from './driver-watch.service.js';
import { ProbeTargetStore } from './probe-target.store.js';
import { Prober } from './prober.service.js';

/** What runs cycles of any kind. */
@Module({
  imports: [CycleModule, CalendarModule, DriversModule, HistoryModule],
  providers: [DriverWatch, Prober, ProbeTargetStore, CycleCommitStore, CycleCommitter, CycleRunner],
  exports: [CycleRunner],
})
export class CycleWorkerModule {}
