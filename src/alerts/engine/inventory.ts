import type { CheckKind } from '../../devices/check-kind.js';

/** What alerts say of a device, and what suppresses them. Also of disabled ones: their children look through them. */
export interface DeviceFacts {
  num: number;
  id: string;
  name: string;
  ip: string | null;
  enabled: boolean;
  siteId: string | null;
  siteName: string | null;
  /** Of its site. */
  region: string | null;
  tags: readonly string[];
  parentNum: number | null;
  checkKind: CheckKind;
}

/** Which devices a rule is about, as places in `Inventory.devices`. Enabled ones only. */
export interface Members {
  rows: Int32Array;
  /** 1 at the places of those. */
  mask: Uint8Array;
}

/** Devices and memberships at one moment. Built once, used for many passes. */
export class Inventory {
  private readonly rows: ReadonlyMap<number, number>;
  private readonly membersOf: ReadonlyMap<string, Members>;

  /**
   * @param devices all of them, each once
   * @param memberships by the id of a rule about devices the numbers of its devices, null for all of them. A rule that is missing is left
   *   alone: it is newer than this. The same array for several rules is worked through once.
   */
  constructor(
    readonly devices: readonly DeviceFacts[],
    memberships: ReadonlyMap<string, readonly number[] | null>,
  ) {
    this.rows = new Map(devices.map(({ num }, row) => [num, row]));
    const built = new Map<readonly number[] | null, Members>();
    this.membersOf = new Map(
      [...memberships].map(([ruleId, nums]) => {
        const members = built.get(nums) ?? this.build(nums);
        built.set(nums, members);
        return [ruleId, members];
      }),
    );
  }

  rowOf(num: number): number | undefined {
    return this.rows.get(num);
  }

  /** Undefined: not known yet. */
  members(ruleId: string): Members | undefined {
    return this.membersOf.get(ruleId);
  }

  private build(nums: readonly number[] | null): Members {
    const mask = new Uint8Array(this.devices.length);
    const chosen = nums ? nums.map((num) => this.rows.get(num)) : this.devices.keys();
    for (const row of chosen) if (row !== undefined && this.devices[row]!.enabled) mask[row] = 1;
    return { rows: Int32Array.from(mask.keys()).filter((row) => mask[row] === 1), mask };
  }
}
