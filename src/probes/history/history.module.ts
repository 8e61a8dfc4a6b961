import { Module } from '@nestjs/common';
import { Partitions } from './partitions.store.js';
import { Rollups } from './rollups.store.js';

/** Partitions and rollups, for who reads and fills them. */
@Module({ providers: [Partitions, Rollups], exports: [Partitions, Rollups] })
export class HistoryModule {}
