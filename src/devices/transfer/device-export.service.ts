import { Injectable } from '@nestjs/common';
import { pipeline, Readable } from 'node:stream';
import { stringify } from 'csv-stringify';
import { cellOf, customCellOf, EXPORT_COLUMNS } from './csv-cells.js';
import type { ExportQuery } from './export.dto.js';
import { ExportStore, type ExportedDevice } from './export.store.js';

/** Alone, too, it would end a row for some readers: ours among them. */
const LINE_BREAK = /[\r\n]/;

/** Export of devices, in a form that imports again. */
@Injectable()
export class DeviceExport {
  constructor(private readonly store: ExportStore) {}

  /** The file, as it is read from the database: as fast as the client takes it. Rejects before the first byte when the database is away. */
  async file(query: ExportQuery): Promise<Readable> {
    const batches = this.store.batches(query);
    const first = await batches.next();
    const all = (async function* () {
      if (first.done) return;
      yield first.value;
      yield* batches;
    })();
    if (query.format === 'json') return Readable.from(json(all));
    const rows = Readable.from(table(all, await this.store.customFields(query)));
    // What goes wrong reaches the reader through the stream itself.
    return pipeline(rows, stringify({ record_delimiter: '\r\n', quoted_match: LINE_BREAK }), () => undefined);
  }
}

async function* json(batches: AsyncIterable<ExportedDevice[]>): AsyncGenerator<string> {
  let separator = '{"devices":[';
  for await (const devices of batches) {
    yield separator + devices.map((device) => JSON.stringify(withoutNull(device))).join(',\n');
    separator = ',\n';
  }
  yield separator.startsWith('{') ? `${separator}]}` : ']}';
}

/** Null says no more to an import than nothing does, and 100,000 devices with all of theirs would be too long for one. */
function withoutNull(device: ExportedDevice): object {
  return Object.fromEntries(Object.entries(device).filter(([, value]) => value !== null));
}

/** @param custom names of the custom fields that get a column each; null is one column for all */
async function* table(batches: AsyncIterable<ExportedDevice[]>, custom: string[] | null): AsyncGenerator<string[]> {
  yield [...EXPORT_COLUMNS, ...(custom?.map((name) => `custom_fields.${name}`) ?? ['custom_fields'])];
  for await (const devices of batches) {
    for (const device of devices) {
      const fields = device.custom_fields;
      const cells = custom?.map((name) => customCellOf(Object.hasOwn(fields, name) ? fields[name] : undefined));
      yield [...EXPORT_COLUMNS.map((name) => cellOf(device[name])), ...(cells ?? [cellOf(fields)])];
    }
  }
}
