import { Module } from '@nestjs/common';

/** Partitions, rollups and retention as jobs. */
@Module({})
export class HistoryUpkeepModule {}
