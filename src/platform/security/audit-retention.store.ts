import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

/** Removes what the audit log need not keep any longer. */
@Injectable()
export class AuditRetention {
  constructor(private readonly database: DataSource) {}

  /**
   * Removes entries older than `days`, the oldest first, at most `limit` in one short statement.
   * @returns how many; fewer than `limit` when nothing is left to remove
   */
  async prune(days: number, limit: number): Promise<number> {
    const [row]: { gone: string }[] = await this.database.query(
      `with gone as (
         delete from audit_log where id in (
           select id from audit_log where at < now() - make_interval(days => $1) order by at, id limit $2)
         returning 1)
       select count(*) as gone from gone`,
      [days, limit],
    );
    return Number(row?.gone ?? 0);
  }
}
