import { Module } from '@nestjs/common';

/** Takes the ICMP cycles. */
@Module({})
export class PingWorkerModule {}
