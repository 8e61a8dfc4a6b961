import { NOT_APPLICABLE, type Signal, signalKey, type TargetKind, UNKNOWN } from '../../metrics/metric.js';
import type { SignalReading, SignalTarget } from '../../metrics/signal-source.port.js';
import type { DeviceFacts, Inventory } from './inventory.js';

/** What an alert can be about. */
export interface Target {
  kind: TargetKind;
  key: string;
  name: string;
  /** Null: it is something else. */
  device: DeviceFacts | null;
  labels: Readonly<Record<string, string>>;
}

/** All targets of one kind, each at a row, and their values. */
export interface TargetTable {
  readonly size: number;
  at(row: number): Target;
  /** Where the target of an alert is. */
  rowOf(alert: { targetKey: string; deviceNum: number | null }): number | undefined;
  /** Values by row; all UNKNOWN when no reading has it. */
  column(signal: Signal): Float64Array;
  /** Whether a reading has it. */
  has(signal: Signal): boolean;
}

type DeviceReading = Extract<SignalReading, { kind: 'device' }>;
type OtherReading = Exclude<SignalReading, DeviceReading>;

/** Devices at the rows of the inventory. One that a reading lacks is UNKNOWN to it. */
export class DeviceTable implements TargetTable {
  private readonly columns = new Map<string, Float64Array>();
  private readonly unknown: Float64Array;

  constructor(
    private readonly inventory: Inventory,
    readings: readonly SignalReading[],
  ) {
    this.unknown = new Float64Array(this.size).fill(UNKNOWN);
    for (const reading of readings) if (reading.kind === 'device') this.take(reading);
  }

  get size(): number {
    return this.inventory.devices.length;
  }

  at(row: number): Target {
    const device = this.inventory.devices[row]!;
    return { kind: 'device', key: device.id, name: device.name, device, labels: {} };
  }

  rowOf({ deviceNum }: { deviceNum: number | null }): number | undefined {
    return deviceNum === null ? undefined : this.inventory.rowOf(deviceNum);
  }

  column(signal: Signal): Float64Array {
    return this.columns.get(signalKey(signal)) ?? this.unknown;
  }

  has(signal: Signal): boolean {
    return this.columns.has(signalKey(signal));
  }

  private take({ nums, signals, columns }: DeviceReading): void {
    const rows = Int32Array.from(nums, (num) => this.inventory.rowOf(num) ?? -1);
    const isInOrder = rows.length === this.size && rows.every((row, index) => row === index);
    signals.forEach((signal, index) => {
      const values = columns[index]!;
      this.columns.set(signalKey(signal), isInOrder ? values : this.spread(values, rows));
    });
  }

  private spread(values: Float64Array, rows: Int32Array): Float64Array {
    const column = this.unknown.slice();
    for (let index = 0; index < rows.length; index++) if (rows[index]! >= 0) column[rows[index]!] = values[index]!;
    return column;
  }
}

/** Targets of another kind, from all readings of it. What a reading has no row of, its signals do not apply to. */
export class OtherTable implements TargetTable {
  private readonly targets: SignalTarget[] = [];
  private readonly rows = new Map<string, number>();
  private readonly columns = new Map<string, Float64Array>();
  private readonly unknown: Float64Array;

  constructor(
    private readonly kind: Exclude<TargetKind, 'device'>,
    readings: readonly SignalReading[],
  ) {
    const own = readings.filter((reading): reading is OtherReading => reading.kind === kind);
    for (const target of own.flatMap(({ targets }) => targets)) {
      if (this.rows.has(target.key)) continue;
      this.rows.set(target.key, this.targets.length);
      this.targets.push(target);
    }
    this.unknown = new Float64Array(this.size).fill(UNKNOWN);
    for (const reading of own) this.take(reading);
  }

  get size(): number {
    return this.targets.length;
  }

  at(row: number): Target {
    const { key, name, labels } = this.targets[row]!;
    return { kind: this.kind, key, name, device: null, labels };
  }

  rowOf({ targetKey }: { targetKey: string }): number | undefined {
    return this.rows.get(targetKey);
  }

  column(signal: Signal): Float64Array {
    return this.columns.get(signalKey(signal)) ?? this.unknown;
  }

  has(signal: Signal): boolean {
    return this.columns.has(signalKey(signal));
  }

  private take({ targets, signals, columns }: OtherReading): void {
    signals.forEach((signal, index) => {
      const column = new Float64Array(this.size).fill(NOT_APPLICABLE);
      targets.forEach(({ key }, place) => (column[this.rows.get(key)!] = columns[index]![place]!));
      this.columns.set(signalKey(signal), column);
    });
  }
}
