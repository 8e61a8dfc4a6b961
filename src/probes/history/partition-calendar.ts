const DAY_MS = 86_400_000;

/** How much time one partition of each table holds, in UTC; weeks begin on Monday. */
export const PARTITIONED = {
  ping_results: 'day',
  snmp_results: 'day',
  ping_5m: 'week',
  ping_1h: 'month',
} as const;
export type PartitionedTable = keyof typeof PARTITIONED;
export type PartitionUnit = (typeof PARTITIONED)[PartitionedTable];

/** The column that decides in which partition a row lies. */
export const PARTITION_KEY: Readonly<Record<PartitionedTable, 'ts' | 'bucket'>> = {
  ping_results: 'ts',
  snmp_results: 'ts',
  ping_5m: 'bucket',
  ping_1h: 'bucket',
};

/** How many units after the current one exist in advance: never less than 7 days. */
const UNITS_AHEAD: Readonly<Record<PartitionUnit, number>> = { day: 7, week: 2, month: 2 };

/** A partition: rows with `from` <= key < `to`. */
export interface Partition {
  table: PartitionedTable;
  name: string;
  from: Date;
  to: Date;
}

export const PARTITIONED_TABLES = Object.keys(PARTITIONED) as PartitionedTable[];

/**
 * The partition that holds an instant.
 * @example partitionAt('ping_5m', new Date('2026-11-21T10:00:00Z')).name // 'ping_5m_20261116'
 */
export function partitionAt(table: PartitionedTable, at: Date): Partition {
  return unitFrom(table, at, 0);
}

/** What must exist at `now`: the unit before (for who is late), the current one and those ahead, table by table, oldest first. */
export function partitionsWanted(now: Date): Partition[] {
  return PARTITIONED_TABLES.flatMap((table) =>
    Array.from({ length: UNITS_AHEAD[PARTITIONED[table]] + 2 }, (_, place) => unitFrom(table, now, place - 1)),
  );
}

/** The partition of that name; null for a name that none of ours has. */
export function partitionNamed(name: string): Partition | null {
  const match = /^(ping_results|snmp_results|ping_5m|ping_1h)_(\d{4})(\d{2})(\d{2})?$/.exec(name);
  if (!match) return null;
  const [, table, year, month, day] = match;
  const at = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day ?? 1)));
  const partition = partitionAt(table as PartitionedTable, at);
  return partition.name === name ? partition : null;
}

/** The `offset`-th unit after the one that holds `at`. */
function unitFrom(table: PartitionedTable, at: Date, offset: number): Partition {
  const unit = PARTITIONED[table];
  const from = startOf(unit, at, offset);
  const digits = from
    .toISOString()
    .replaceAll('-', '')
    .slice(0, unit === 'month' ? 6 : 8);
  return { table, name: `${table}_${digits}`, from, to: startOf(unit, at, offset + 1) };
}

function startOf(unit: PartitionUnit, at: Date, offset: number): Date {
  if (unit === 'month') return new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + offset, 1));
  const midnight = Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate());
  if (unit === 'day') return new Date(midnight + offset * DAY_MS);
  // 0 is Sunday for getUTCDay.
  return new Date(midnight - ((at.getUTCDay() + 6) % 7) * DAY_MS + offset * 7 * DAY_MS);
}
