import { Module } from '@nestjs/common';

/** Takes what is in the outbox, and delivers it. */
@Module({})
export class DispatchSchedulerModule {}
