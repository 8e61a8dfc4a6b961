import { Injectable } from '@nestjs/common';

/** The maintenance that one device is in. Of several windows at once the kindest counts: collecting, and not as downtime. */
export interface DeviceMaintenance {
  windowIds: string[];
  /** When it came into maintenance without a gap, and when that ends. */
  since: Date;
  until: Date;
  /** Whether it is probed all the same. */
  collect: boolean;
  countsAsDowntime: boolean;
}

/** Who is in maintenance. */
@Injectable()
export class MaintenanceCalendar {
  /** By device number; devices that are in none are left out. Answers from a memory of at most 10 s. */
  async at(_now: Date): Promise<ReadonlyMap<number, DeviceMaintenance>> {
    return new Map();
  }
}
