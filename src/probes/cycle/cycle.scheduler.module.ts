import { Module } from '@nestjs/common';

/** Says when which shard is due. */
@Module({})
export class CycleSchedulerModule {}
