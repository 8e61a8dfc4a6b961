import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { EntityManager } from 'typeorm';
import { CsvBody } from '../../platform/http/csv-body.js';
import { ProblemException } from '../../platform/http/problem.js';
import { AuditLog } from '../../platform/security/audit-log.service.js';
import { type DeviceRow, deviceRow } from '../inventory/device-row.js';
import { insertDevices, refuseCircle } from '../inventory/device.store.js';
import { InventoryTransaction } from '../inventory/inventory-transaction.store.js';
import { PingBudget } from '../inventory/ping-budget.store.js';
import { type ReferenceIds, ReferenceIndex } from '../inventory/references.store.js';
import { isUuid } from '../inventory/uuid.js';
import {
  BATCH_ROWS,
  fail,
  type GivenRow,
  importRow,
  type ImportRow,
  linkParents,
  MAX_ROWS,
  placeOf,
  refuseCircles,
  refuseOrphans,
  refuseRepeats,
} from './import-rows.js';
import type { ImportBody, ImportDto, ImportQuery } from './import.dto.js';
import { createSites, devicesAt, type KnownDevice, rewriteDevices, setParents } from './import.store.js';
import { readCsv } from './read-csv.js';

const MAX_TOLD = 10_000;

/** A row that is to be written, with what it refers to. */
interface Planned {
  row: ImportRow;
  ids: ReferenceIds;
  known: KnownDevice | null;
}

/** Import of devices from a file or a list. */
@Injectable()
export class DeviceImport {
  constructor(
    private readonly transaction: InventoryTransaction,
    private readonly budget: PingBudget,
    private readonly audit: AuditLog,
  ) {}

  /**
   * Rows are judged one by one, by the rules of a single device, and written in batches: the number of statements grows by a handful a
   * thousand rows.
   * @throws ProblemException `import_rolled_back` when it is atomic and a row was refused, `interval_unachievable`, `parent_cycle`,
   * `malformed_csv`, `validation_failed`, `body_too_large`
   */
  async run(body: CsvBody | ImportBody, query: ImportQuery, request: FastifyRequest): Promise<ImportDto> {
    const rows = await readRows(body);
    refuseRepeats(rows);
    linkParents(rows);
    refuseCircles(rows);
    let sitesCreated = 0;
    const work = async (manager: EntityManager): Promise<void> => {
      sitesCreated = await this.write(manager, rows, query);
      if (query.dry_run) return;
      if (query.atomic && rows.some(({ status }) => status === 'failed')) throw rolledBack(rows);
      const { rows: _, ...after } = report(rows, query, sitesCreated);
      await this.audit.record({ request, action: 'devices.imported', subjectType: 'device', after }, manager);
    };
    await (query.dry_run ? this.transaction.rehearse(work) : this.transaction.run(work));
    return report(rows, query, sitesCreated);
  }

  /** @returns how many sites were made */
  private async write(manager: EntityManager, rows: ImportRow[], query: ImportQuery): Promise<number> {
    await judgeAddresses(manager, rows, query);
    const open = rows.filter(({ status }) => status !== 'failed' && status !== 'skipped');
    const { references, sitesCreated } = await this.references(manager, open, query);
    const plans = new Map<ImportRow, Planned>();
    for (const row of open) {
      const ids = resolve(row, references);
      if (ids) plans.set(row, { row, ids, known: row.existing });
    }
    refuseOrphans(rows);
    const planned = [...plans.values()].filter(({ row }) => row.status !== 'failed');
    const fresh = planned.filter(({ known }) => known === null);
    for (const batch of batches(fresh)) {
      const ids = await insertDevices(
        manager,
        batch.map((each) => newRow(each, references)),
      );
      batch.forEach(({ row }, index) => Object.assign(row, { status: 'created', id: ids[index] }));
    }
    for (const batch of batches(planned.filter(({ known }) => known !== null))) {
      await rewriteDevices(manager, batch.map(changedRow));
      for (const { row, known } of batch) Object.assign(row, { status: 'updated', id: known!.id });
    }
    for (const batch of batches(planned.filter(({ row }) => row.parentRow?.id))) {
      await setParents(
        manager,
        batch.map(({ row }) => ({ id: row.id!, parentId: row.parentRow!.id! })),
      );
    }
    const withParent = planned.filter(({ row }) => row.device?.parent).map(({ row }) => row.id!);
    if (withParent.length > 0) await refuseCircle(manager, 'devices', withParent);
    if (planned.length > 0) await this.budget.check(manager);
    return sitesCreated;
  }

  private async references(manager: EntityManager, open: readonly ImportRow[], query: ImportQuery) {
    const wanted = open.map(({ device }) => device!);
    const references = await ReferenceIndex.load(manager, wanted);
    if (!query.create_sites) return { references, sitesCreated: 0 };
    const missing = new Set<string>();
    for (const { site } of wanted) {
      if (site && !isUuid(site) && references.resolve({ site }).errors.length > 0) missing.add(site);
    }
    if (missing.size === 0) return { references, sitesCreated: 0 };
    const made = await createSites(manager, [...missing]);
    return { references: await ReferenceIndex.load(manager, wanted), sitesCreated: made.length };
  }
}

async function readRows(body: CsvBody | ImportBody): Promise<ImportRow[]> {
  const rows: ImportRow[] = [];
  for await (const given of body instanceof CsvBody ? readCsv(body.bytes()) : listed(body)) {
    if (rows.length >= MAX_ROWS) {
      const detail = `An import takes at most ${MAX_ROWS} rows. Send the file in several parts.`;
      throw new ProblemException('body_too_large', { detail, headers: { connection: 'close' } });
    }
    rows.push(importRow(given, rows.length + 1));
  }
  return rows;
}

function* listed({ devices }: ImportBody): Generator<GivenRow> {
  for (const value of devices) yield { line: null, value, fault: null };
}

/** Finds the devices that have the rows' addresses, and does with such rows as was asked. */
async function judgeAddresses(manager: EntityManager, rows: readonly ImportRow[], query: ImportQuery): Promise<void> {
  for (const batch of batches(rows.filter(({ device, status }) => device && status !== 'failed'))) {
    const there = new Map<string, KnownDevice[]>();
    for (const each of await devicesAt(
      manager,
      batch.map(({ device }) => device!.ip),
    )) {
      const same = there.get(each.ip);
      if (same) same.push(each);
      else there.set(each.ip, [each]);
    }
    for (const row of batch) judgeAddress(row, there.get(row.device!.ip) ?? [], query.on_duplicate);
  }
}

function judgeAddress(row: ImportRow, there: readonly KnownDevice[], onDuplicate: ImportQuery['on_duplicate']): void {
  const device = row.device!;
  const same = device.allow_duplicate ? there.filter(({ name }) => name === device.name) : there;
  const [first] = same;
  if (!first || (device.allow_duplicate && onDuplicate === 'refuse')) return;
  if (onDuplicate === 'skip') Object.assign(row, { status: 'skipped', id: first.id });
  else if (onDuplicate === 'update' && same.length === 1) row.existing = first;
  else {
    const users = same.slice(0, 5).map(({ name }) => `"${name}"`).join(', '); // prettier-ignore
    fail(row, 'duplicate_address', 'ip', `The address ${device.ip} is used by device ${users}.`);
  }
}

/** The ids that a row refers to; null when it was refused. */
function resolve(row: ImportRow, references: ReferenceIndex): ReferenceIds | null {
  const { site, profile, parent, snmp_credential } = row.device!;
  // A parent of the same import gets its id later.
  const { ids, errors } = references.resolve({
    site,
    profile,
    snmp_credential,
    parent: row.parentRow ? undefined : parent,
  });
  for (const { path, message } of errors) fail(row, 'reference_not_found', path, message);
  return errors.length > 0 ? null : ids;
}

function newRow({ row, ids }: Planned, references: ReferenceIndex): DeviceRow {
  const profile = ids.profile_id ?? references.resolve({ profile: null }).ids.profile_id!;
  return deviceRow(row.device!, { ...ids, profile_id: profile });
}

/** What the row says over what is there. */
function changedRow({ row, ids, known: before }: Planned): KnownDevice {
  const given = row.device!;
  const full = deviceRow(given, { ...ids, profile_id: ids.profile_id ?? before!.profile_id });
  const said = Object.keys(full).filter((name) => {
    const key = name === 'duplicate_allowed' ? 'allow_duplicate' : name;
    return key in ids || given[key as keyof typeof given] !== undefined;
  });
  return { ...before!, ...Object.fromEntries(said.map((name) => [name, full[name as keyof DeviceRow]])) };
}

function rolledBack(rows: readonly ImportRow[]): ProblemException {
  const failed = rows.filter(({ status }) => status === 'failed');
  const errors = failed.slice(0, MAX_TOLD).flatMap((row) =>
    row.errors.map(({ path, message }) => ({
      path: [`rows.${row.row}`, path].filter(Boolean).join('.'),
      message: `${placeOf(row)}: ${message}`,
    })),
  );
  const detail = `Nothing was imported: ${failed.length} of ${rows.length} rows were refused. \`errors\` names them; correct them and import again.`;
  return new ProblemException('import_rolled_back', { detail, errors: errors.slice(0, MAX_TOLD) });
}

function report(rows: readonly ImportRow[], query: ImportQuery, sitesCreated: number): ImportDto {
  const count = (wanted: ImportRow['status']): number => rows.filter(({ status }) => status === wanted).length;
  const committed = !query.dry_run;
  const told = query.rows === 'all' ? rows : rows.filter(({ status }) => status === 'failed');
  return {
    total: rows.length,
    created: count('created'),
    updated: count('updated'),
    skipped: count('skipped'),
    failed: count('failed'),
    sites_created: sitesCreated,
    atomic: query.atomic,
    dry_run: query.dry_run,
    committed,
    rows: told.slice(0, MAX_TOLD).map(({ row, line, status, id, name, ip, errors }) => ({
      row,
      line,
      status: status!,
      id: committed || status !== 'created' ? id : null,
      name,
      ip,
      errors,
    })),
    rows_truncated: told.length > MAX_TOLD,
  };
}

function* batches<T>(items: readonly T[]): Generator<T[]> {
  for (let start = 0; start < items.length; start += BATCH_ROWS) yield items.slice(start, start + BATCH_ROWS);
}
