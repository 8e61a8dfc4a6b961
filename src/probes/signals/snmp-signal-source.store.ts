import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Signal } from '../../metrics/metric.js';
import { type SignalReading, SignalSource } from '../../metrics/signal-source.port.js';
import { Settings } from '../../platform/config/settings.schema.js';
import { signalColumns, type SignalRow } from './signal-columns.js';
import { itemOf, SNMP_METRIC } from './snmp-metrics.js';
import { snmpSignalStatement } from './snmp-signal-sql.js';

/** What SNMP agents said, by the names of monitoring items: of all enabled devices, in one statement. */
@Injectable()
export class SnmpSignalSource extends SignalSource {
  readonly name = 'snmp';
  readonly metrics = [SNMP_METRIC];

  constructor(
    private readonly database: DataSource,
    private readonly settings: Settings,
  ) {
    super();
  }

  async read(signals: readonly Signal[]): Promise<SignalReading[]> {
    if (signals.length === 0) return [];
    const items = [...new Set(signals.map(({ metric }) => itemOf(metric)))];
    const [row] = await this.database.query<[SignalRow]>(snmpSignalStatement(signals, items), [
      items,
      this.settings.snmpIntervalSeconds,
    ]);
    return [{ kind: 'device', signals, ...signalColumns(row, signals.length) }];
  }
}
