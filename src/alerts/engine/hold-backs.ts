import type { Suppression } from './alert.js';
import type { Inventory } from './inventory.js';
import type { DeviceTable } from './targets.js';

const STATE_DOWN = 1;
const STATE_UNREACHABLE = 3;
const last = (metric: string) => ({ metric, agg: 'last', windowSeconds: null }) as const;

/** What holds alerts of devices back, apart from silences. */
export class HoldBacks {
  private readonly states: Float64Array;
  private readonly failing: Float64Array;
  private readonly flapping: Float64Array;
  /** 1: no ancestor is dead; 2: one is, or may be. 0: not looked at. */
  private readonly behind: Uint8Array;

  constructor(
    private readonly inventory: Inventory,
    table: DeviceTable,
    private readonly maintenance: ReadonlyMap<number, { until: Date }>,
  ) {
    this.states = table.column(last('device.state_code'));
    this.failing = table.column(last('device.failing'));
    this.flapping = table.column(last('device.flapping'));
    this.behind = new Uint8Array(table.size);
  }

  /** @param asksForFlapping a rule about flapping itself is not held back by it */
  of(row: number, asksForFlapping: boolean): Suppression | null {
    if (this.maintenance.has(this.inventory.devices[row]!.num)) return { by: 'maintenance', id: null };
    if (this.isBehindDead(row)) return { by: 'parent', id: null };
    if (!asksForFlapping && this.flapping[row] === 1) return { by: 'flapping', id: null };
    return null;
  }

  /** When the maintenance of a device ends, ms since the epoch. */
  maintenanceUntil(row: number): number | null {
    return this.maintenance.get(this.inventory.devices[row]!.num)?.until.getTime() ?? null;
  }

  /** Whether an ancestor is down, or has begun to fail: whether it is will be known soon, and until then nobody is blamed. */
  private isBehindDead(row: number): boolean {
    const path: number[] = [];
    let at: number | undefined = row;
    let answer = 0;
    while (answer === 0) {
      answer = this.behind[at]!;
      if (answer !== 0) break;
      // Marked on the way up: who comes back to it has gone around a loop.
      this.behind[at] = 1;
      path.push(at);
      const { parentNum }: { parentNum: number | null } = this.inventory.devices[at]!;
      const parent: number | undefined = parentNum === null ? undefined : this.inventory.rowOf(parentNum);
      if (parent === undefined) answer = 1;
      else if (this.isDead(parent)) answer = 2;
      else at = parent;
    }
    for (const passed of path) this.behind[passed] = answer;
    return answer === 2;
  }

  private isDead(row: number): boolean {
    if (!this.inventory.devices[row]!.enabled) return false;
    const state = this.states[row];
    return state === STATE_DOWN || state === STATE_UNREACHABLE || this.failing[row] === 1;
  }
}
