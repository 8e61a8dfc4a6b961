import { Module } from '@nestjs/common';

/** Partitions and rollups, for who reads and fills them. */
@Module({})
export class HistoryModule {}
