import type { InvalidValue } from '../../platform/http/problem.js';
import type { DeviceRow } from '../inventory/device-row.js';
import { type NewDevice, readNewDevice } from '../inventory/device-rules.js';
import { inTurns } from './in-turns.js';

/** Rows of one import. */
export const MAX_ROWS = 100_000;
/** Rows of one statement. */
export const BATCH_ROWS = 1_000;

/** A row as it came; `line` only from a file. */
export interface GivenRow {
  line: number | null;
  value: unknown;
  /** Why it is no row at all. */
  fault: string | null;
}

/** Why a row was refused; `code` is for programs. */
export interface RowError extends InvalidValue {
  code: 'invalid' | 'malformed_row' | 'duplicate_address' | 'reference_not_found' | 'parent_cycle' | 'parent_refused';
}

/** What becomes of a row on its way through an import. */
export interface ImportRow {
  /** From 1 on, the header not counted. */
  row: number;
  line: number | null;
  name: string | null;
  ip: string | null;
  device: NewDevice | null;
  /** Set when it is known what happens to it. */
  status: 'created' | 'updated' | 'skipped' | 'failed' | null;
  id: string | null;
  errors: RowError[];
  /** The row of the same import that is its parent. */
  parentRow: ImportRow | null;
  /** The device that the row changes. */
  existing: (DeviceRow & { id: string }) | null;
}

/** Reads one row by the rules of `POST /devices`. */
export function importRow({ line, value, fault }: GivenRow, row: number): ImportRow {
  const result: ImportRow = {
    row,
    line,
    name: null,
    ip: null,
    device: null,
    status: null,
    id: null,
    errors: [],
    parentRow: null,
    existing: null,
  };
  if (fault !== null) return fail(result, 'malformed_row', '', fault);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return fail(result, 'malformed_row', '', 'Must be an object with the fields of a device.');
  }
  const { name, ip } = value as Record<string, unknown>;
  result.name = shown(name);
  result.ip = shown(ip);
  const reading = readNewDevice(value);
  if ('errors' in reading) {
    for (const { path, message } of reading.errors.slice(0, 20)) fail(result, 'invalid', path, message);
    return result;
  }
  result.device = reading.device;
  result.name = reading.device.name;
  result.ip = reading.device.ip;
  return result;
}

export function fail(row: ImportRow, code: RowError['code'], path: string, message: string): ImportRow {
  row.status = 'failed';
  row.id = null;
  row.errors.push({ path, message, code });
  return row;
}

/** Where a row stands, for who has to find it. */
export function placeOf({ row, line }: ImportRow): string {
  return line === null ? `row ${row}` : `line ${line}`;
}

/**
 * Refuses addresses that an earlier row of the same import has, unless the later row allows it, and devices that an earlier row changes.
 * Rows that were refused have neither.
 */
export async function refuseRepeats(rows: readonly ImportRow[]): Promise<void> {
  const byAddress = new Map<string, ImportRow>();
  const byDevice = new Map<string, ImportRow>();
  for await (const part of inTurns(rows)) {
    for (const row of part) if (row.device && row.status !== 'failed') refuseRepeat(row, byAddress, byDevice);
  }
}

function refuseRepeat(row: ImportRow, byAddress: Map<string, ImportRow>, byDevice: Map<string, ImportRow>): void {
  const { ip, allow_duplicate } = row.device!;
  const same = byAddress.get(ip);
  if (same && !allow_duplicate) {
    fail(row, 'duplicate_address', 'ip', `The address ${ip} is in ${placeOf(same)} already, of "${same.name}".`);
    return;
  }
  const earlier = row.existing && byDevice.get(row.existing.id);
  if (earlier) {
    const message = `The device "${row.existing!.name}" is changed by ${placeOf(earlier)} already, "${earlier.name}".`;
    fail(row, 'duplicate_address', 'ip', message);
    return;
  }
  if (!same) byAddress.set(ip, row);
  if (row.existing) byDevice.set(row.existing.id, row);
}

/** Finds parents among the rows of the import by name. Names that several rows have mean none of them. */
export async function linkParents(rows: readonly ImportRow[]): Promise<void> {
  const byName = new Map<string, ImportRow | null>();
  for await (const part of inTurns(rows)) {
    for (const row of part) if (row.name !== null) byName.set(row.name, byName.has(row.name) ? null : row);
  }
  for await (const part of inTurns(rows)) {
    for (const row of part) row.parentRow = (row.device?.parent && byName.get(row.device.parent)) || null;
  }
}

/** Refuses rows that lie above themselves. Linear in their number. */
export async function refuseCircles(rows: readonly ImportRow[]): Promise<void> {
  const done = new Set<ImportRow>();
  for await (const part of inTurns(rows)) for (const start of part) refuseCircleFrom(start, done);
}

function refuseCircleFrom(start: ImportRow, done: Set<ImportRow>): void {
  const path: ImportRow[] = [];
  const onPath = new Set<ImportRow>();
  let row: ImportRow | null = start;
  while (row && !done.has(row) && !onPath.has(row)) {
    path.push(row);
    onPath.add(row);
    row = row.parentRow;
  }
  if (row && onPath.has(row)) {
    const circle = path.slice(path.indexOf(row));
    const names = [...circle, row].slice(0, 10).map(({ name }) => name);
    for (const each of circle)
      fail(each, 'parent_cycle', 'parent', `Nothing can lie above itself: ${names.join(' → ')}.`);
  }
  for (const each of path) done.add(each);
}

/** Refuses rows whose parent is a row that was refused, and those below them. Linear in their number. */
export async function refuseOrphans(rows: readonly ImportRow[]): Promise<void> {
  const children = new Map<ImportRow, ImportRow[]>();
  for await (const part of inTurns(rows)) {
    for (const row of part) {
      if (!row.parentRow) continue;
      const siblings = children.get(row.parentRow);
      if (siblings) siblings.push(row);
      else children.set(row.parentRow, [row]);
    }
  }
  const refused = rows.filter(({ status }) => status === 'failed');
  for (let next = refused.pop(); next; next = refused.pop()) {
    for (const child of children.get(next) ?? []) {
      if (child.status === 'failed') continue;
      fail(child, 'parent_refused', 'parent', `Its parent "${next.name}" in ${placeOf(next)} was refused.`);
      refused.push(child);
    }
  }
}

function shown(value: unknown): string | null {
  return typeof value === 'string' ? value.replace(/[\0\p{Surrogate}]/gu, '\uFFFD').slice(0, 300) : null;
}
