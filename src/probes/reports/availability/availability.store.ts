import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { numbered, selectorCondition, type SqlCondition } from '../../../devices/inventory/selector-sql.js';
import { ProblemException } from '../../../platform/http/problem.js';
import type { DeviceStateName } from '../../state/device-state.js';
import { streamRows } from '../row-stream.store.js';
import { STALE_SINCE } from '../../state/stale-state.js';
import type { TimeRange } from '../time-range.js';
import { type Availability, AvailabilityTally } from './availability.js';
import { availabilityDocument, availabilityRow, type ReportedDevice } from './availability-documents.js';
import type { AvailabilityDto, AvailabilityReportQuery, AvailabilityRow } from './availability.dto.js';

/** One state event of a device, or the device alone when it has none. */
interface EventRow extends ReportedDevice {
  num: number;
  /** Since when it is not probed any more; null when it is. */
  stale_since: number | null;
  at: number | null;
  to_state: DeviceStateName;
  excused: boolean;
  cause: string;
}

const EVENT = 'SELECT id, at, to_state, excused, cause FROM state_events WHERE device_num = d.num AND';

/**
 * The devices of a condition, each with the event that the range begins in and those within it. Two descents into an index a device,
 * whatever is stored beside; the devices come in order, so that nothing is kept but the one that is being added up.
 */
function eventsOf(condition: SqlCondition, { from, to }: TimeRange): { text: string; values: unknown[] } {
  const where = numbered(condition, 2);
  return {
    text: `
      SELECT d.num, d.id, d.name, d.ip, s.name AS site, date_part('epoch', e.at) * 1000 AS at, e.to_state, e.excused, e.cause,
             date_part('epoch', ${STALE_SINCE}) * 1000 AS stale_since
      FROM devices d LEFT JOIN sites s ON s.id = d.site_id LEFT JOIN device_state st ON st.device_num = d.num LEFT JOIN LATERAL (
        (${EVENT} at < $1 ORDER BY at DESC, id DESC LIMIT 1) UNION ALL (${EVENT} at >= $1 AND at < $2)
      ) e ON true
      WHERE ${where.text} ORDER BY d.name, d.id, e.at, e.id`,
    values: [new Date(from).toISOString(), new Date(to).toISOString(), ...where.values],
  };
}

/** Availability of devices, out of `state_events`, and of what is unknown since because nobody probes. */
@Injectable()
export class AvailabilityReader {
  constructor(private readonly database: DataSource) {}

  /** @throws ProblemException `device_not_found` */
  async one(id: string, range: TimeRange): Promise<AvailabilityDto> {
    for await (const [found] of this.tallied({ condition: 'd.id = ?::uuid', values: [id] }, range)) {
      if (found) return availabilityDocument(found.device, range, found.result);
    }
    throw new ProblemException('device_not_found');
  }

  /** The lines of the report over many devices, in one statement. */
  async *report({ site, tag, group }: AvailabilityReportQuery, range: TimeRange): AsyncGenerator<AvailabilityRow[]> {
    const condition = selectorCondition({
      ...(site !== undefined && { sites: [site] }),
      ...(tag !== undefined && { tags: [tag] }),
      ...(group !== undefined && { groups: [group] }),
    });
    for await (const batch of this.tallied(condition, range)) {
      yield batch.map(({ device, result }) => availabilityRow(device, range, result));
    }
  }

  private async *tallied(
    condition: SqlCondition,
    range: TimeRange,
  ): AsyncGenerator<{ device: ReportedDevice; result: Availability }[]> {
    let current: { device: EventRow; tally: AvailabilityTally } | undefined;
    for await (const rows of streamRows<EventRow>(this.database, eventsOf(condition, range))) {
      const over: { device: ReportedDevice; result: Availability }[] = [];
      for (const row of rows) {
        if (current?.device.num !== row.num) {
          if (current) over.push({ device: current.device, result: current.tally.result() });
          current = { device: row, tally: new AvailabilityTally(range, row.stale_since ?? undefined) };
        }
        if (row.at !== null) {
          current.tally.add({ at: row.at, to: row.to_state, excused: row.excused, cause: row.cause });
        }
      }
      if (over.length > 0) yield over;
    }
    if (current) yield [{ device: current.device, result: current.tally.result() }];
  }
}
