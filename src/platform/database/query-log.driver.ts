import type { LoggerService } from '@nestjs/common';
import type { Logger as TypeOrmLogger } from 'typeorm';
import { normaliseQuery } from './normalise-query.js';

/** SQLSTATE query_canceled: over `statement_timeout`. */
const CANCELLED = '57014';
const SAME_WARNING_MS = 10_000;

/** Logs slow and cancelled statements as warnings, never their values; errors are left to whoever gets them. */
export class QueryLog implements TypeOrmLogger {
  private stopping = false;
  private lastWarning: { text: string; at: number } | undefined;
  private slow = 0;

  constructor(private readonly target: Pick<LoggerService, 'warn'>) {}

  /** Slow and cancelled statements since the start of the process. */
  get slowQueries(): number {
    return this.slow;
  }

  /** From now on connections end because this process does, which is no news. */
  stop(): void {
    this.stopping = true;
  }

  logQuerySlow(durationMs: number, query: string): void {
    this.slow += 1;
    this.target.warn({ message: `Slow query (${durationMs} ms): ${normaliseQuery(query)}`, duration_ms: durationMs });
  }

  logQueryError(error: string | Error, query: string): void {
    if (typeof error === 'string' || (error as { code?: unknown }).code !== CANCELLED) return;
    this.slow += 1;
    this.target.warn({ message: `Query cancelled by its time limit: ${normaliseQuery(query)}` });
  }

  /** TypeORM reports each of up to 20 connections that a restart of the database cuts: one line says it. */
  log(level: 'log' | 'info' | 'warn', message: unknown): void {
    if (level !== 'warn' || this.stopping) return;
    const text = String(message);
    const now = Date.now();
    if (this.lastWarning?.text === text && now - this.lastWarning.at < SAME_WARNING_MS) return;
    this.lastWarning = { text, at: now };
    this.target.warn({ message: text });
  }

  logQuery(): void {
    // Nothing: only slow ones are worth a line.
  }
  logSchemaBuild(): void {
    // Nothing: the schema is built by migrations alone.
  }
  logMigration(): void {
    // Nothing: `runMigrations` says it.
  }
}
