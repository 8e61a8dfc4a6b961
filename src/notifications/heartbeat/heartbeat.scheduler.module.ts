import { Module } from '@nestjs/common';

/** Tells from outside that alerting is alive. */
@Module({})
export class HeartbeatSchedulerModule {}
