import type { HistoryRange } from '../../metrics/signal-history.port.js';
import type { GroupKey } from '../engine/rule.js';
import type { BacktestDto } from './backtest.dto.js';
import type { Replayed, ReplayedAlert } from './replay-device.js';

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
  private evaluated = 0;
  private knownMs = 0;
  private beganAt = Infinity;
  private kept: (ReplayedAlert & { device: BacktestDevice })[] = [];
  private alerts = 0;
  private devices = 0;
  private firingMs = 0;
  /** A number each: there may be as many as results. */
  private readonly notices = new Set<number>();
  private readonly groups = new Map<string, number>();

  constructor(
    private readonly range: HistoryRange,
    private readonly groupBy: readonly GroupKey[],
  ) {}

  /** @param beganAt when anything was known of it first, ms since the epoch; null: never */
  add(device: BacktestDevice, { alerts, knownMs }: Replayed, beganAt: number | null): void {
    this.evaluated++;
    this.knownMs += knownMs;
    this.beganAt = Math.min(this.beganAt, beganAt ?? Infinity);
    if (alerts.length === 0) return;
    this.devices++;
    this.alerts += alerts.length;
    const group = this.groupOf(device);
    for (const alert of alerts) {
      this.firingMs += this.lengthOf(alert);
      this.tell(group, 0, alert.firedAt);
      if (alert.resolvedAt !== null) this.tell(group, 1, alert.resolvedAt);
      this.kept.push({ ...alert, device });
    }
    if (this.kept.length > LISTED * 2) this.cut();
  }

  /** @param keptFrom ms since the epoch: of before nothing is kept any more */
  result(keptFrom: number): Pick<BacktestDto, 'alerts' | 'truncated' | 'totals' | 'history_from' | 'known_percent'> {
    this.cut();
    const asked = this.evaluated * (this.range.to - this.range.from);
    return {
      history_from: this.beganAt === Infinity ? null : new Date(Math.max(this.beganAt, keptFrom)).toISOString(),
      // 100 only when all of it is.
      known_percent: asked === 0 ? null : Math.floor((this.knownMs / asked) * 1_000) / 10,
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
        devices: this.devices,
        devices_evaluated: this.evaluated,
        firing_seconds: Math.round(this.firingMs / 1_000),
        notices: this.notices.size,
      },
    };
  }

  private lengthOf({ firedAt, resolvedAt }: ReplayedAlert): number {
    return (resolvedAt ?? this.range.to) - firedAt;
  }

  private tell(group: number, kind: 0 | 1, at: number): void {
    const slots = Math.ceil((this.range.to - this.range.from) / NOTICE_MS) + 1;
    this.notices.add((group * 2 + kind) * slots + Math.floor((at - this.range.from) / NOTICE_MS));
  }

  private groupOf(device: BacktestDevice): number {
    const of: Record<GroupKey, string | null> = {
      rule: null,
      severity: null,
      site: device.siteId,
      region: device.region,
      device: device.id,
    };
    const key = this.groupBy.map((name) => of[name] ?? '').join(' ');
    const group = this.groups.get(key) ?? this.groups.size;
    this.groups.set(key, group);
    return group;
  }

  private cut(): void {
    this.kept.sort((a, b) => a.firedAt - b.firedAt || a.device.num - b.device.num);
    this.kept.length = Math.min(this.kept.length, LISTED);
  }
}
