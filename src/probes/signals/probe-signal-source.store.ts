import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Signal } from '../../metrics/metric.js';
import { type SignalReading, SignalSource } from '../../metrics/signal-source.port.js';
import { deviceColumns, type DeviceSignalRow } from './device-columns.js';
import { deviceSignalStatement } from './device-signal-sql.js';
import { PROBE_METRICS } from './probe-metrics.js';

/** What probes found out about devices: of all enabled ones, in one statement. */
@Injectable()
export class ProbeSignalSource extends SignalSource {
  readonly name = 'probes';
  readonly metrics = [...PROBE_METRICS.values()];

  constructor(private readonly database: DataSource) {
    super();
  }

  async read(signals: readonly Signal[]): Promise<SignalReading[]> {
    if (signals.length === 0) return [];
    const rows = await this.database.query<DeviceSignalRow[]>(deviceSignalStatement(signals));
    return [{ kind: 'device', signals, ...deviceColumns(rows, signals) }];
  }
}
