import { Module } from '@nestjs/common';

/** Says when history needs upkeep. */
@Module({})
export class HistorySchedulerModule {}
