import { stringify } from 'csv-stringify';
import type { AvailabilityRow } from './availability.dto.js';

/** Of the report as CSV, in order. */
export const AVAILABILITY_COLUMNS: (keyof AvailabilityRow)[] = [
  'device_id',
  'name',
  'ip',
  'site',
  'from',
  'to',
  'percent',
  'seconds_up',
  'seconds_down',
  'seconds_unreachable',
  'seconds_unknown',
  'seconds_maintenance',
  'outages',
  'mttr_seconds',
  'mtbf_seconds',
];

/**
 * The report as CSV (RFC 4180), part by part. Names that a spreadsheet would take for a formula get an apostrophe in front.
 */
export async function* csvReport(batches: AsyncIterable<AvailabilityRow[]>): AsyncGenerator<string> {
  let header = true;
  for await (const rows of batches) {
    yield await csv(rows, header);
    header = false;
  }
  if (header) yield await csv([], true);
}

/** The report as `{"data": […]}`, part by part. */
export async function* jsonReport(batches: AsyncIterable<AvailabilityRow[]>): AsyncGenerator<string> {
  let separator = '{"data":[';
  for await (const rows of batches) {
    yield separator + rows.map((row) => JSON.stringify(row)).join();
    separator = ',';
  }
  yield separator === ',' ? ']}' : '{"data":[]}';
}

function csv(rows: AvailabilityRow[], header: boolean): Promise<string> {
  const options = { columns: AVAILABILITY_COLUMNS, header, escape_formulas: true, record_delimiter: 'windows' };
  return new Promise((resolve, reject) => {
    stringify(rows, options, (error, text) => (error ? reject(error) : resolve(text)));
  });
}
