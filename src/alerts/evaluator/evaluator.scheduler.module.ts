import { Module } from '@nestjs/common';
import { CalendarModule } from '../../devices/calendar/calendar.module.js';
import { ScheduleModule } from '../../platform/schedule/schedule.module.js';
import { AlertWriteStore } from './alert-write.store.js';
import { EvaluatorStatus } from './evaluator-status.service.js';
import { Evaluator } from './evaluator.service.js';
import { AlertInventoryStore } from './inventory.store.js';
import { PassRunner } from './pass-runner.service.js';
import { SignalReader, SignalReaderTimes } from './signal-reader.service.js';
import { SituationStore } from './situation.store.js';

/** Evaluates all rules in one pass. */
@Module({
  imports: [CalendarModule, ScheduleModule],
  providers: [
    SituationStore,
    AlertInventoryStore,
    AlertWriteStore,
    SignalReaderTimes,
    SignalReader,
    PassRunner,
    EvaluatorStatus,
    Evaluator,
  ],
  exports: [EvaluatorStatus],
})
export class EvaluatorSchedulerModule {}
