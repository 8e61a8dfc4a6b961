import { ProblemException } from '../../platform/http/problem.js';
import { inTurns } from './in-turns.js';
import { type ImportRow, placeOf } from './import-rows.js';
import type { ImportDto, ImportQuery } from './import.dto.js';

const MAX_TOLD = 10_000;
/** As many devices and sites go into the audit log; their numbers are always whole. */
const MAX_AUDITED = 1_000;

/** What an import answers. */
export async function report(
  rows: readonly ImportRow[],
  query: ImportQuery,
  sites: readonly string[],
): Promise<ImportDto> {
  const counts = { created: 0, updated: 0, skipped: 0, failed: 0 };
  const committed = !query.dry_run;
  const told: ImportDto['rows'] = [];
  let wanted = 0;
  for await (const part of inTurns(rows)) {
    for (const { row, line, status, id, name, ip, errors } of part) {
      counts[status!]++;
      if (query.rows !== 'all' && status !== 'failed') continue;
      if (++wanted > MAX_TOLD) continue;
      const known = committed || status !== 'created';
      told.push({ row, line, status: status!, id: known ? id : null, name, ip, errors });
    }
  }
  return {
    total: rows.length,
    ...counts,
    sites_created: sites.length,
    atomic: query.atomic,
    dry_run: query.dry_run,
    committed,
    rows: told,
    rows_truncated: wanted > MAX_TOLD,
  };
}

/** What the audit log keeps of an import: who was made or changed, as far as it is bounded. */
export function auditOf(told: ImportDto, rows: readonly ImportRow[], sites: readonly string[]): object {
  const { rows: _, rows_truncated: _truncated, ...counts } = told;
  const written = rows.filter(({ status }) => status === 'created' || status === 'updated');
  const kept = written.slice(0, MAX_AUDITED);
  const devices = (wanted: ImportRow['status']) =>
    kept.filter(({ status }) => status === wanted).map(({ id, name, ip }) => ({ id, name, ip }));
  return {
    ...counts,
    devices_created: devices('created'),
    devices_updated: devices('updated'),
    devices_left_out: written.length - kept.length,
    sites: sites.slice(0, MAX_AUDITED),
    sites_left_out: Math.max(0, sites.length - MAX_AUDITED),
  };
}

/** Why an atomic import left nothing behind. */
export function rolledBack(rows: readonly ImportRow[]): ProblemException {
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
