/** How far back the counts of a {@link ProcessReport} reach. */
export const COUNTED_SECONDS = 300;

/** What one process says of itself. Counts are of the last {@link COUNTED_SECONDS} seconds. */
export interface ProcessReport {
  /** Of one core. */
  cpu_percent: number;
  /** Resident, of what the process may have. */
  memory_percent: number;
  /** Requests answered, probes of health left out. */
  requests: number;
  /** Of these, with a 5xx. */
  failures: number;
  slow_queries: number;
  cache_hits: number;
  cache_misses: number;
  /** Callers that wait for a connection of the pool to PostgreSQL. */
  db_pool_waiting: number;
}

/** All processes together. */
interface ProcessSummary {
  /** Of the process that has most. */
  cpuPercent: number;
  memoryPercent: number;
  poolWaiting: number;
  slowQueries: number;
  endpointErrorPercent: number;
  cacheMissPercent: number;
}

/** A share of fewer says nothing: the first request after a start would be all of them. */
const WORTH_A_SHARE = 20;

/** @returns null when no process has said anything */
export function summarise(reports: readonly ProcessReport[]): ProcessSummary | null {
  if (reports.length === 0) return null;
  const most = (of: (report: ProcessReport) => number): number => Math.max(...reports.map(of));
  const sum = (of: (report: ProcessReport) => number): number => reports.reduce((all, report) => all + of(report), 0);
  const misses = sum((report) => report.cache_misses);
  return {
    cpuPercent: most((report) => report.cpu_percent),
    memoryPercent: most((report) => report.memory_percent),
    poolWaiting: most((report) => report.db_pool_waiting),
    slowQueries: sum((report) => report.slow_queries),
    endpointErrorPercent: percent(
      sum((report) => report.failures),
      sum((report) => report.requests),
    ),
    cacheMissPercent: percent(misses, misses + sum((report) => report.cache_hits)),
  };
}

function percent(part: number, all: number): number {
  return all < WORTH_A_SHARE ? 0 : (part / all) * 100;
}
