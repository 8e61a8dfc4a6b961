import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { ProcessReport } from './process-report.js';

/** A process of the installation. */
export interface ReportingProcess {
  id: string;
  role: string;
  host: string;
  pid: number;
}

/** Whoever was silent for this long is gone, and so is its row. */
const KEPT_SECONDS = 600;

/** The table `process_figures`. Times are the database's, so that clocks of several hosts need not agree. */
@Injectable()
export class ProcessFiguresStore {
  constructor(private readonly database: DataSource) {}

  /** Writes what a process says now, and removes what nobody renews. One statement. */
  async write({ id, role, host, pid }: ReportingProcess, report: ProcessReport): Promise<void> {
    await this.database.query(
      `WITH gone AS (SELECT id FROM process_figures WHERE at < now() - make_interval(secs => $6) AND id <> $1 FOR UPDATE SKIP LOCKED),
            removed AS (DELETE FROM process_figures p USING gone WHERE p.id = gone.id)
       INSERT INTO process_figures (id, role, host, pid, figures) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT (id) DO UPDATE SET figures = excluded.figures, at = now()`,
      [id, role, host, pid, JSON.stringify(report), KEPT_SECONDS],
    );
  }

  async remove(id: string): Promise<void> {
    await this.database.query('DELETE FROM process_figures WHERE id = $1', [id]);
  }

  /** Of every process that has said something within `seconds`. */
  async reportsWithin(seconds: number): Promise<ProcessReport[]> {
    const rows = await this.database.query<{ figures: ProcessReport }[]>(
      'SELECT figures FROM process_figures WHERE at > now() - make_interval(secs => $1)',
      [seconds],
    );
    return rows.map(({ figures }) => figures);
  }
}
