import type { HistoryRange } from '../../metrics/signal-history.port.js';
import type { GroupKey } from '../engine/rule.js';
import type { BacktestDto } from './backtest.dto.js';
import type { ReplayedAlert } from './replay-device.js';

/** A device as the answer shows it. */
export interface BacktestDevice {
  num: number;
  id: string;
  name: string;
  ip: string;
  siteId: string | null;
  region: string | null;
}

const LISTED = 1_000;
/** Alerts of a group within it are one notice: the group wait where nothing else is said. */
const NOTICE_MS = 30_000;

/** Adds up what devices would have fired. Keeps no more alerts than are listed, twice. */
export class BacktestTally {
  private kept: (ReplayedAlert & { device: BacktestDevice })[] = [];
  private alerts = 0;
  private readonly devices = new Set<number>();
  private firingMs = 0;
  private readonly notices = new Set<string>();

  constructor(
    private readonly range: HistoryRange,
    private readonly groupBy: readonly GroupKey[],
  ) {}

  add(device: BacktestDevice, alerts: readonly ReplayedAlert[]): void {
    if (alerts.length === 0) return;
    this.devices.add(device.num);
    this.alerts += alerts.length;
    const group = this.groupOf(device);
    for (const alert of alerts) {
      this.firingMs += this.lengthOf(alert);
      this.notices.add(`firing ${Math.floor(alert.firedAt / NOTICE_MS)} ${group}`);
      if (alert.resolvedAt !== null) this.notices.add(`resolved ${Math.floor(alert.resolvedAt / NOTICE_MS)} ${group}`);
      this.kept.push({ ...alert, device });
    }
    if (this.kept.length > LISTED * 2) this.cut();
  }

  result(): Pick<BacktestDto, 'alerts' | 'truncated'> & { totals: Omit<BacktestDto['totals'], 'devices_evaluated'> } {
    this.cut();
    return {
      alerts: this.kept.map((alert) => ({
        device: { id: alert.device.id, name: alert.device.name, ip: alert.device.ip },
        fired_at: new Date(alert.firedAt).toISOString(),
        resolved_at: alert.resolvedAt === null ? null : new Date(alert.resolvedAt).toISOString(),
        firing_seconds: this.lengthOf(alert) / 1_000,
        peak_value: alert.peak,
      })),
      truncated: this.alerts > LISTED,
      totals: {
        alerts: this.alerts,
        devices: this.devices.size,
        firing_seconds: Math.round(this.firingMs / 1_000),
        notices: this.notices.size,
      },
    };
  }

  private lengthOf({ firedAt, resolvedAt }: ReplayedAlert): number {
    return (resolvedAt ?? this.range.to) - firedAt;
  }

  private groupOf(device: BacktestDevice): string {
    const of: Record<GroupKey, string | null> = {
      rule: null,
      severity: null,
      site: device.siteId,
      region: device.region,
      device: device.id,
    };
    return this.groupBy.map((key) => of[key] ?? '').join(' ');
  }

  private cut(): void {
    this.kept.sort((a, b) => a.firedAt - b.firedAt || a.device.num - b.device.num);
    this.kept.length = Math.min(this.kept.length, LISTED);
  }
}
