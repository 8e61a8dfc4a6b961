import { Module } from '@nestjs/common';
import { DatabaseDisk } from './database-disk.driver.js';
import { DiskSpace } from './disk-space.port.js';
import { HistoryModule } from './history.module.js';
import { HistoryProcessor } from './history.processor.js';
import { Retention } from './retention.store.js';
import { TableStatistics } from './table-statistics.store.js';

/** Partitions, rollups and retention as jobs. */
@Module({
  imports: [HistoryModule],
  providers: [HistoryProcessor, Retention, TableStatistics, { provide: DiskSpace, useClass: DatabaseDisk }],
})
export class HistoryUpkeepModule {}
