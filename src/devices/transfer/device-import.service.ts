import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { setImmediate } from 'node:timers/promises';
import type { EntityManager } from 'typeorm';
import { CsvBody } from '../../platform/http/csv-body.js';
import { ProblemException } from '../../platform/http/problem.js';
import { AuditLog } from '../../platform/security/audit-log.service.js';
import { type DeviceRow, deviceRow } from '../inventory/device-row.js';
import { deviceFaults } from '../inventory/device-rules.js';
import { insertDevices, refuseCircle } from '../inventory/device.store.js';
import { InventoryTransaction } from '../inventory/inventory-transaction.store.js';
import { PingBudget } from '../inventory/ping-budget.store.js';
import { type ReferenceIds, ReferenceIndex, type References } from '../inventory/references.store.js';
import { isUuid } from '../inventory/uuid.js';
import {
  BATCH_ROWS,
  fail,
  type GivenRow,
  importRow,
  type ImportRow,
  linkParents,
  MAX_ROWS,
  refuseCircles,
  refuseOrphans,
  refuseRepeats,
} from './import-rows.js';
import { inTurns, ROWS_A_TURN } from './in-turns.js';
import { auditOf, report, rolledBack } from './import-report.js';
import type { ImportBody, ImportDto, ImportQuery } from './import.dto.js';
import { createSites, devicesAt, type KnownDevice, rewriteDevices, setParents } from './import.store.js';
import { readCsv } from './read-csv.js';

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
    await linkParents(rows);
    await refuseCircles(rows);
    const work = async (manager: EntityManager): Promise<ImportDto> => {
      const sites = await this.write(manager, rows, query);
      if (query.atomic && !query.dry_run && rows.some(({ status }) => status === 'failed')) throw rolledBack(rows);
      const told = await report(rows, query, sites);
      const after = auditOf(told, rows, sites);
      await this.audit.record({ request, action: 'devices.imported', subjectType: 'device', after }, manager);
      return told;
    };
    return query.dry_run ? this.transaction.rehearse(work) : this.transaction.run(work);
  }

  /** @returns the names of the sites that were made */
  private async write(manager: EntityManager, rows: ImportRow[], query: ImportQuery): Promise<string[]> {
    await judgeAddresses(manager, rows, query);
    const open = rows.filter(({ status }) => status === null);
    let references = await ReferenceIndex.load(manager, open.map(({ device }) => device!)); // prettier-ignore
    for await (const part of inTurns(open)) for (const row of part) judge(row, references, query);
    await refuseOrphans(rows);
    // Only now: a row that is refused anyway leaves its address to the next.
    await refuseRepeats(rows);
    await refuseOrphans(rows);
    const kept = open.filter(({ status }) => status === null);
    const sites = query.create_sites ? await createSites(manager, missingSites(kept, references)) : [];
    if (sites.length > 0) references = await ReferenceIndex.load(manager, kept.map(({ device }) => device!)); // prettier-ignore
    for (const batch of batches(kept.filter(({ existing }) => existing === null))) {
      const ids = await insertDevices(
        manager,
        batch.map((row) => newRow(row, references)),
      );
      batch.forEach((row, index) => Object.assign(row, { status: 'created', id: ids[index] }));
    }
    for (const batch of batches(kept.filter(({ existing }) => existing !== null))) {
      await rewriteDevices(
        manager,
        batch.map((row) => changedRow(row, references.resolve(wantedBy(row)).ids)),
      );
      for (const row of batch) Object.assign(row, { status: 'updated', id: row.existing!.id });
    }
    for (const batch of batches(kept.filter(({ parentRow }) => parentRow?.id))) {
      await setParents(
        manager,
        batch.map(({ id, parentRow }) => ({ id: id!, parentId: parentRow!.id! })),
      );
    }
    const withParent = kept.filter(({ device }) => device?.parent).map(({ id }) => id!);
    if (withParent.length > 0) await refuseCircle(manager, 'devices', withParent);
    if (kept.length > 0) await this.budget.check(manager);
    return sites;
  }
}

async function readRows(body: CsvBody | ImportBody): Promise<ImportRow[]> {
  const rows: ImportRow[] = [];
  const read = (given: GivenRow): void => {
    if (rows.length < MAX_ROWS) return void rows.push(importRow(given, rows.length + 1));
    const detail = `An import takes at most ${MAX_ROWS} rows. Send the file in several parts.`;
    throw new ProblemException('body_too_large', { detail, headers: { connection: 'close' } });
  };
  if (body instanceof CsvBody) {
    for await (const given of readCsv(body.bytes())) {
      read(given);
      if (rows.length % ROWS_A_TURN === 0) await setImmediate();
    }
  } else for await (const part of inTurns(body.devices.keys())) for (const index of part) read(taken(body, index));
  return rows;
}

/** A row of a list, which lets go of it: what was sent and what was read are not held both. */
function taken({ devices }: ImportBody, index: number): GivenRow {
  const value = devices[index];
  devices[index] = null;
  return { line: null, value, fault: null };
}

/** Finds the devices that have the rows' addresses, and does with such rows as was asked. */
async function judgeAddresses(manager: EntityManager, rows: readonly ImportRow[], query: ImportQuery): Promise<void> {
  for (const batch of batches(rows.filter(({ status }) => status === null))) {
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

/** Refuses a row whose references lead nowhere, and one that would leave its device without what its check needs. */
function judge(row: ImportRow, references: ReferenceIndex, query: ImportQuery): void {
  const { ids, errors } = references.resolve(wantedBy(row));
  for (const { path, message } of errors) {
    const siteToMake = path === 'site' && query.create_sites && !isUuid(row.device!.site!);
    if (!siteToMake) fail(row, 'reference_not_found', path, message);
  }
  if (!row.existing) return;
  for (const { path, message } of deviceFaults(changedRow(row, ids))) fail(row, 'invalid', path, message);
}

/** What a row refers to; a parent of the same import gets its id later. */
function wantedBy({ device, parentRow }: ImportRow): References {
  const { site, profile, parent, snmp_credential } = device!;
  return { site, profile, snmp_credential, parent: parentRow ? undefined : parent };
}

function missingSites(rows: readonly ImportRow[], references: ReferenceIndex): string[] {
  const named = new Set(rows.map(({ device }) => device!.site).filter((site) => typeof site === 'string'));
  return [...named].filter((site) => references.resolve({ site }).errors.length > 0);
}

function newRow(row: ImportRow, references: ReferenceIndex): DeviceRow {
  const { ids } = references.resolve(wantedBy(row));
  const profile = ids.profile_id ?? references.resolve({ profile: null }).ids.profile_id!;
  return deviceRow(row.device!, { ...ids, profile_id: profile });
}

/** What the row says over what is there. */
function changedRow({ device, existing }: ImportRow, ids: ReferenceIds): KnownDevice {
  const given = device!;
  const full = deviceRow(given, { ...ids, profile_id: ids.profile_id ?? existing!.profile_id });
  const said = Object.keys(full).filter((name) => {
    const key = name === 'duplicate_allowed' ? 'allow_duplicate' : name;
    return key in ids || given[key as keyof typeof given] !== undefined;
  });
  return { ...existing!, ...Object.fromEntries(said.map((name) => [name, full[name as keyof DeviceRow]])) };
}

function* batches<T>(items: readonly T[]): Generator<T[]> {
  for (let start = 0; start < items.length; start += BATCH_ROWS) yield items.slice(start, start + BATCH_ROWS);
}
