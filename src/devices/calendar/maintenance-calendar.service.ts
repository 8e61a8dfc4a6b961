import { Injectable, Logger } from '@nestjs/common';
import { CalendarStore } from './calendar.store.js';
import type { MaintenanceWindow } from './maintenance-window.entity.js';
import { type DeviceMaintenance, mergeMaintenance, type NearWindow, stretchAround } from './merge-maintenance.js';
import { type Occurrence, occurrences } from './occurrences.js';

export type { DeviceMaintenance } from './merge-maintenance.js';

const MEMORY_MS = 10_000;
const DAY_MS = 86_400_000;
/** How far a stretch of adjoining windows is followed, each way. */
const HORIZON_DAYS = 7;

interface Picture {
  devices: ReadonlyMap<number, DeviceMaintenance>;
  /** The moments that it is right for. */
  from: number;
  until: number;
  /** By performance.now(). */
  staleAt: number;
}

/** Who is in maintenance. */
@Injectable()
export class MaintenanceCalendar {
  private readonly log = new Logger('MaintenanceCalendar');
  private picture: Picture | null = null;
  private loading: { now: number; picture: Promise<Picture> } | null = null;
  /** Expanded rules by window, version and day: most windows are the same for years. */
  private expanded = new Map<string, Occurrence[]>();

  constructor(private readonly store: CalendarStore) {}

  /**
   * By device number; devices that are in none are left out. Answers from a memory of at most 10 s, which also ends with the next begin or
   * end of a window. Two statements, whatever the number of windows and devices.
   * @throws when the database does; what that means is for the caller to decide
   */
  async at(now: Date): Promise<ReadonlyMap<number, DeviceMaintenance>> {
    const known = this.picture;
    const ms = now.getTime();
    if (known && ms >= known.from && ms < known.until && performance.now() < known.staleAt) return known.devices;
    if (this.loading?.now !== ms) {
      const loading = { now: ms, picture: this.load(now) };
      this.loading = loading;
      loading.picture.then(
        (picture) => this.loaded(loading, picture),
        () => this.loaded(loading, null),
      );
    }
    const picture = await this.loading.picture;
    return picture.devices;
  }

  /** After a change of a window. Processes that are not told of it see it within 10 s. */
  forget(): void {
    this.picture = null;
    this.loading = null;
  }

  /** What was being read as something changed is not kept: it may be older than the change. */
  private loaded(loading: object, picture: Picture | null): void {
    if (this.loading !== loading) return;
    this.loading = null;
    this.picture = picture ?? this.picture;
  }

  private async load(now: Date): Promise<Picture> {
    const startedAt = performance.now();
    const windows = await this.store.near(now);
    const near = this.expand(windows, now).map((times, place) => ({
      ...windowRules(windows[place]!),
      occurrences: times,
    }));
    const all = stretchAround(near, now);
    // Windows that end before or begin after the stretch around now change nothing for any device.
    const places = all ? near.flatMap((window, place) => (touches(window, all) ? [place] : [])) : [];
    const rows = await this.store.devicesOf(places.map((place) => windows[place]!.scope));
    const merged = new Map<string, DeviceMaintenance | null>();
    const devices = new Map<number, DeviceMaintenance>();
    for (const row of rows) {
      const key = row.places.join();
      if (!merged.has(key))
        merged.set(
          key,
          mergeMaintenance(
            row.places.map((index) => near[places[index]!]!),
            now,
          ),
        );
      const maintenance = merged.get(key);
      if (maintenance) devices.set(row.num, maintenance);
    }
    return { devices, ...validity(near, now), staleAt: startedAt + MEMORY_MS };
  }

  private expand(windows: readonly MaintenanceWindow[], now: Date): Occurrence[][] {
    const day = Math.floor(now.getTime() / DAY_MS);
    const from = new Date((day - HORIZON_DAYS) * DAY_MS);
    const to = new Date((day + 1 + HORIZON_DAYS) * DAY_MS);
    const before = this.expanded;
    this.expanded = new Map();
    return windows.map((window) => {
      const key = `${window.id} ${window.updatedAt.getTime()} ${day}`;
      const times = before.get(key) ?? this.occurrencesOf(window, from, to);
      this.expanded.set(key, times);
      return times;
    });
  }

  /** Rules are tried out before they are taken. Should one fail all the same, the others must go on. */
  private occurrencesOf(window: MaintenanceWindow, from: Date, to: Date): Occurrence[] {
    try {
      return occurrences(window, from, to);
    } catch (error) {
      this.log.error(
        `The maintenance window "${window.name}" is left out, its rule cannot be expanded: ${String(error)}`,
      );
      return [];
    }
  }
}

function windowRules({ id, collect, countsAsDowntime }: MaintenanceWindow): Omit<NearWindow, 'occurrences'> {
  return { id, collect, countsAsDowntime };
}

function touches(window: NearWindow, stretch: Occurrence): boolean {
  return window.occurrences.some(({ start, end }) => start <= stretch.end && end >= stretch.start);
}

/** The moments around `now` between which no window begins or ends. */
function validity(near: readonly NearWindow[], now: Date): { from: number; until: number } {
  const ms = now.getTime();
  let [from, until] = [-Infinity, (Math.floor(ms / DAY_MS) + 1) * DAY_MS];
  for (const { start, end } of near.flatMap((window) => window.occurrences)) {
    for (const moment of [start.getTime(), end.getTime()]) {
      if (moment <= ms) from = Math.max(from, moment);
      else until = Math.min(until, moment);
    }
  }
  return { from, until };
}
