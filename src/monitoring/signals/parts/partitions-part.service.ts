import { Injectable } from '@nestjs/common';
import { PARTITIONED_TABLES, partitionAt } from '../../../probes/history/partition-calendar.js';
import { Partitions } from '../../../probes/history/partitions.store.js';
import { SamplePart } from '../sample-part.port.js';
import { ofInstallation, type Sample } from '../sample.js';

const DAY_MS = 86_400_000;

/** Whether history can be written today and tomorrow. */
@Injectable()
export class PartitionsPart extends SamplePart {
  readonly name = 'the partitions';

  constructor(private readonly partitions: Partitions) {
    super();
  }

  async take(): Promise<Sample[]> {
    const now = new Date();
    const { missing } = await this.partitions.status(now);
    const days = [now, new Date(now.getTime() + DAY_MS)];
    const soon = new Set(PARTITIONED_TABLES.flatMap((table) => days.map((day) => partitionAt(table, day).name)));
    return ofInstallation({ 'self.partition_missing': missing.filter((name) => soon.has(name)).length });
  }
}
