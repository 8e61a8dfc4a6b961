import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { DriverName } from '../drivers/probe-driver.port.js';

export interface DriverReport {
  worker: string;
  driver: DriverName;
  ok: boolean;
  /** Of the failure. */
  code: string | null;
  /** One line for people, with what to do. */
  message: string | null;
  checkedAt: Date;
}

/** Workers report every minute; one that has been silent for this long says nothing any more. */
export const FRESH_SECONDS = 150;
const KEPT_SECONDS = 600;

/** What workers say about their drivers: the table `probe_drivers`. Times are the database's. */
@Injectable()
export class DriverReportStore {
  constructor(private readonly database: DataSource) {}

  /** Replaces what was said before, and forgets workers that have long been silent. */
  async report(reports: readonly Omit<DriverReport, 'checkedAt'>[]): Promise<void> {
    const column = <K extends keyof Omit<DriverReport, 'checkedAt'>>(key: K) => reports.map((report) => report[key]);
    await this.database.query(
      `WITH gone AS (DELETE FROM probe_drivers WHERE checked_at < now() - make_interval(secs => $6) AND worker <> ALL ($1::text[]))
       INSERT INTO probe_drivers (worker, driver, ok, code, message, checked_at)
       SELECT *, now() FROM unnest($1::text[], $2::text[], $3::bool[], $4::text[], $5::text[])
       ON CONFLICT (worker, driver) DO UPDATE SET ok = excluded.ok, code = excluded.code, message = excluded.message,
         checked_at = excluded.checked_at`,
      [column('worker'), column('driver'), column('ok'), column('code'), column('message'), KEPT_SECONDS],
    );
  }

  async forget(worker: string): Promise<void> {
    await this.database.query('DELETE FROM probe_drivers WHERE worker = $1', [worker]);
  }

  /** Of workers that are there, by driver and worker. */
  fresh(): Promise<DriverReport[]> {
    return this.database.query(
      `SELECT worker, driver, ok, code, message, checked_at AS "checkedAt" FROM probe_drivers
       WHERE checked_at > now() - make_interval(secs => $1) ORDER BY driver, worker LIMIT 1000`,
      [FRESH_SECONDS],
    );
  }
}
