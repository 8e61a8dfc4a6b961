import { ROLLUPS, type RollupTable } from './rollup-sql.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** From `from` until before `to`. */
export interface Slice {
  from: Date;
  to: Date;
}

/** The begin of the bucket that holds an instant. */
export function bucketStart(table: RollupTable, at: Date): Date {
  const { stepMs } = ROLLUPS[table];
  return new Date(Math.floor(at.getTime() / stepMs) * stepMs);
}

/** Cuts a time into pieces that end with an hour, so that no statement grows with how long nobody added up. */
export function* slicesOf(from: Date, to: Date): Generator<Slice> {
  for (let at = from.getTime(); at < to.getTime();) {
    const end = Math.min(to.getTime(), (Math.floor(at / HOUR_MS) + 1) * HOUR_MS);
    yield { from: new Date(at), to: new Date(end) };
    at = end;
  }
}

/** Where adding up goes on: what is past the retention of the rollup itself is not made any more. */
export function resumeAt(table: RollupTable, doneUntil: Date, now: Date): Date {
  const oldest = bucketStart(table, new Date(now.getTime() - ROLLUPS[table].keptDays * DAY_MS));
  return doneUntil < oldest ? oldest : doneUntil;
}
