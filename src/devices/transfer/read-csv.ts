import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type CsvError, parse } from 'csv-parse';
import { invalid, ProblemException } from '../../platform/http/problem.js';
import { DEVICE_FIELDS } from '../inventory/device-rules.js';
import { deviceOfCells, isCustom, unknownColumns } from './csv-cells.js';
import type { GivenRow } from './import-rows.js';

/** Far longer than any row that would be taken: a quote that is never closed ends here. */
const MAX_RECORD_BYTES = 256 * 1024;
const MAX_HEADER_LENGTH = 64 * 1024;

interface CsvRecord {
  record: string[];
  info: { lines: number };
}

/**
 * The rows of a CSV file as it arrives: UTF-8 with or without BOM, `,` or `;` as the header has it, LF or CRLF.
 * @throws ProblemException `malformed_csv`, `validation_failed` for columns that there are none of
 */
export async function* readCsv(bytes: AsyncIterable<Buffer>): AsyncGenerator<GivenRow> {
  const text = decode(bytes);
  const head = await takeHeader(text);
  if (head.trim() === '')
    throw new ProblemException('malformed_csv', { detail: 'The file is empty. Its first row must name the columns.' });
  const parser = parse({
    delimiter: delimiterOf(head),
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: MAX_RECORD_BYTES,
  });
  // The parser's iterator tells what went wrong; the pipeline must not tell it a second time.
  const done = pipeline(Readable.from(joined(head, text)), parser).then(
    () => null,
    (error: unknown) => error,
  );
  let header: string[] | null = null;
  let doubled = 0;
  try {
    for await (const { record, info } of parser as AsyncIterable<CsvRecord>) {
      if (header === null) {
        header = columnsOf(record);
        continue;
      }
      const cells = record.join('');
      // The parser takes CRLF within quotes for two lines.
      doubled += cells.split('\r\n').length - 1;
      const line = info.lines - doubled - cells.split('\n').length + 1;
      if (record.length === header.length) yield { line, value: deviceOfCells(header, record), fault: null };
      else
        yield {
          line,
          value: null,
          fault: `Has ${record.length} cells, and the header names ${header.length} columns.`,
        };
    }
  } catch (error) {
    throw asProblem((await done) ?? error, error);
  }
}

function asProblem(first: unknown, error: unknown): unknown {
  for (const each of [first, error]) {
    if (each instanceof ProblemException) return each;
    const { code, message } = each as CsvError;
    if (String(code).startsWith('CSV_'))
      return new ProblemException('malformed_csv', { detail: `The file is not valid CSV: ${message}.` });
  }
  return error;
}

async function* decode(bytes: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  try {
    for await (const chunk of bytes) yield decoder.decode(chunk, { stream: true });
    yield decoder.decode();
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ERR_ENCODING_INVALID_ENCODED_DATA') throw error;
    const detail = 'The file is not UTF-8. Save it as "CSV UTF-8" and import it again.';
    throw new ProblemException('malformed_csv', { detail, cause: error });
  }
}

/** As much of the text as holds the first line. */
async function takeHeader(text: AsyncGenerator<string>): Promise<string> {
  let head = '';
  while (!/\S.*[\r\n]/.test(unquoted(head)) && head.length <= MAX_HEADER_LENGTH) {
    const { value, done } = await text.next();
    if (done) break;
    head += value;
  }
  return head;
}

async function* joined(head: string, rest: AsyncGenerator<string>): AsyncGenerator<Buffer> {
  yield Buffer.from(head);
  for await (const part of rest) if (part.length > 0) yield Buffer.from(part);
}

/** The text without what stands in quotes, also in one that is not closed yet. */
function unquoted(text: string): string {
  return text.replace(/"[^"]*(?:"|$)/g, '""');
}

function delimiterOf(head: string): ',' | ';' {
  const line = unquoted(head)
    .trimStart()
    .split(/[\r\n]/, 1)[0]!;
  return line.split(';').length > line.split(',').length ? ';' : ',';
}

/** What follows `custom_fields.` is a name of the customer's own. */
function columnName(cell: string): string {
  const name = cell.trimStart();
  return isCustom(name) ? name : name.trimEnd();
}

function columnsOf(record: readonly string[]): string[] {
  const header = record.map(columnName);
  const unknown = unknownColumns(header);
  const errors = [
    ...unknown.slice(0, 20).map((name) => ({
      path: name.slice(0, 200),
      message: `Unknown column. Valid: ${DEVICE_FIELDS.join(', ')}, custom_fields.<name>.`,
    })),
    ...header
      .filter((name, index) => header.indexOf(name) < index)
      .map((name) => ({ path: name.slice(0, 200), message: 'Is there twice.' })),
  ];
  if (errors.length > 0) throw invalid(errors);
  return header;
}
