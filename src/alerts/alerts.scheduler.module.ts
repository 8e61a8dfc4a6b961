import { Module } from '@nestjs/common';
import { EvaluatorSchedulerModule } from './evaluator/evaluator.scheduler.module.js';
import { LedgerSchedulerModule } from './ledger/ledger.scheduler.module.js';

/** The watchdog's first half: judges. */
@Module({ imports: [EvaluatorSchedulerModule, LedgerSchedulerModule] })
export class AlertsSchedulerModule {}
