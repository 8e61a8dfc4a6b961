import type { Occurrence } from './occurrences.js';

/** What is to be known of a window near a moment. */
export interface NearWindow {
  id: string;
  collect: boolean;
  countsAsDowntime: boolean;
  /** In order; overlapping ones are fine. */
  occurrences: readonly Occurrence[];
}

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

/** The stretch around `at` that the windows cover together without a gap; null when none covers `at`. */
export function stretchAround(windows: readonly NearWindow[], at: Date): Occurrence | null {
  const ordered = windows.flatMap((window) => window.occurrences).sort((a, b) => a.start.getTime() - b.start.getTime());
  let stretch: Occurrence | null = null;
  for (const { start, end } of ordered) {
    if (stretch && start <= stretch.end) {
      if (end > stretch.end) stretch = { start: stretch.start, end };
    } else if (start > at) {
      break;
    } else {
      stretch = { start, end };
    }
  }
  return stretch && stretch.end > at ? stretch : null;
}

/** What a device of these windows is in at a moment; null when it is in none. */
export function mergeMaintenance(windows: readonly NearWindow[], at: Date): DeviceMaintenance | null {
  const stretch = stretchAround(windows, at);
  if (!stretch) return null;
  const active = windows.filter((window) => window.occurrences.some(({ start, end }) => start <= at && at < end));
  return {
    windowIds: active.map(({ id }) => id),
    since: stretch.start,
    until: stretch.end,
    collect: active.some(({ collect }) => collect),
    countsAsDowntime: active.every(({ countsAsDowntime }) => countsAsDowntime),
  };
}
