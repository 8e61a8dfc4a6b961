import type { TimeRange } from '../time-range.js';
import type { Availability } from './availability.js';
import type { AvailabilityDto, AvailabilityRow } from './availability.dto.js';

/** Whom an availability is about. */
export interface ReportedDevice {
  id: string;
  name: string;
  ip: string;
  site: string | null;
}

/** A line of the report over many devices. */
export function availabilityRow(device: ReportedDevice, range: TimeRange, found: Availability): AvailabilityRow {
  return {
    device_id: device.id,
    name: device.name,
    ip: device.ip,
    site: device.site,
    from: isoTime(range.from),
    to: isoTime(range.to),
    percent: found.percent,
    seconds_up: found.secondsUp,
    seconds_down: found.secondsDown,
    seconds_unreachable: found.secondsUnreachable,
    seconds_unknown: found.secondsUnknown,
    seconds_maintenance: found.secondsMaintenance,
    outages: found.outages,
    mttr_seconds: found.mttrSeconds,
    mtbf_seconds: found.mtbfSeconds,
  };
}

/** The report on one device, with its outages. */
export function availabilityDocument(device: ReportedDevice, range: TimeRange, found: Availability): AvailabilityDto {
  return {
    ...availabilityRow(device, range, found),
    outage_list: found.outageList.map(({ from, to, seconds, cause }) => ({
      from: isoTime(from),
      to: to === null ? null : isoTime(to),
      seconds,
      cause,
    })),
  };
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
