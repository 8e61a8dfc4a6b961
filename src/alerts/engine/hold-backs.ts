import type { Suppression } from './alert.js';
import type { Inventory } from './inventory.js';
import type { DeviceTable } from './targets.js';

const STATE_DOWN = 1;
const STATE_UNKNOWN = 2;
const STATE_UNREACHABLE = 3;

/** What is known of those above a device; of several ancestors the greatest counts. 0: not looked at. */
const ALIVE = 1;
/** Nobody probes one now. */
const UNSEEN = 2;
/** States could not be read. */
const UNREAD = 3;
/** One is down, or has begun to fail. */
const DEAD = 4;

const last = (metric: string) => ({ metric, agg: 'last', windowSeconds: null }) as const;

/** What holds alerts of devices back, apart from silences. */
export class HoldBacks {
  private readonly states: Float64Array;
  private readonly failing: Float64Array;
  private readonly flapping: Float64Array;
  private readonly above: Uint8Array;

  constructor(
    private readonly inventory: Inventory,
    table: DeviceTable,
    private readonly maintenance: ReadonlyMap<number, { until: Date }>,
  ) {
    this.states = table.column(last('device.state_code'));
    this.failing = table.column(last('device.failing'));
    this.flapping = table.column(last('device.flapping'));
    this.above = new Uint8Array(table.size);
  }

  /**
   * What cannot be read now ends nothing: who was held back by it is held back still, or one failed read would tell everything at once.
   * @param asksForFlapping a rule about flapping itself is not held back by it
   * @param before what held it back until now; null: nothing
   * @param isKnown whether anything is known of the alert itself; if not, a parent of which nothing is known holds it back still
   */
  of(row: number, asksForFlapping: boolean, before: Suppression | null, isKnown: boolean): Suppression | null {
    if (this.maintenance.has(this.inventory.devices[row]!.num)) return { by: 'maintenance', id: null };
    const above = this.lookAbove(row);
    const unclear = above === UNREAD || (above === UNSEEN && !isKnown);
    if (above === DEAD || (unclear && before?.by === 'parent')) return { by: 'parent', id: null };
    if (asksForFlapping) return null;
    const flapping = this.flapping[row]!;
    const isFlapping = Number.isNaN(flapping) ? before?.by === 'flapping' : flapping === 1;
    return isFlapping ? { by: 'flapping', id: null } : null;
  }

  /** When the maintenance of a device ends, ms since the epoch. */
  maintenanceUntil(row: number): number | null {
    return this.maintenance.get(this.inventory.devices[row]!.num)?.until.getTime() ?? null;
  }

  private lookAbove(row: number): number {
    const path: number[] = [];
    for (let at: number | undefined = row; at !== undefined && this.above[at] === 0;) {
      // Marked on the way up: who comes back to it has gone around a loop.
      this.above[at] = ALIVE;
      path.push(at);
      at = this.parentOf(at);
    }
    for (let place = path.length - 1; place >= 0; place--) {
      const parent = this.parentOf(path[place]!);
      if (parent !== undefined) this.above[path[place]!] = Math.max(this.above[parent]!, this.stateOf(parent));
    }
    return this.above[row]!;
  }

  private parentOf(row: number): number | undefined {
    const { parentNum } = this.inventory.devices[row]!;
    return parentNum === null ? undefined : this.inventory.rowOf(parentNum);
  }

  /** One that has begun to fail counts as dead: whether it is will be known soon, and until then nobody is blamed. */
  private stateOf(row: number): number {
    if (!this.inventory.devices[row]!.enabled) return ALIVE;
    const state = this.states[row]!;
    const failing = this.failing[row]!;
    if (state === STATE_DOWN || state === STATE_UNREACHABLE || failing === 1) return DEAD;
    if (Number.isNaN(state) || Number.isNaN(failing)) return UNREAD;
    return state === STATE_UNKNOWN ? UNSEEN : ALIVE;
  }
}
