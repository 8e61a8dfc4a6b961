import { Module } from '@nestjs/common';

/** Takes the TCP and HTTP cycles. */
@Module({})
export class ChecksWorkerModule {}
