import { Module } from '@nestjs/common';
import { ChecksProcessor } from './checks.processor.js';
import { CycleWorkerModule } from './cycle.worker.module.js';

/** Takes the TCP and HTTP cycles. */
@Module({ imports: [CycleWorkerModule], providers: [ChecksProcessor] })
export class ChecksWorkerModule {}
