import { Module } from '@nestjs/common';
import { CycleWorkerModule } from './cycle.worker.module.js';
import { PingProcessor } from './ping.processor.js';

/** Takes the ICMP cycles. */
@Module({ imports: [CycleWorkerModule], providers: [PingProcessor] })
export class PingWorkerModule {}
