import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

/** How telling goes, for the whole installation. */
interface DispatchFigures {
  /** Deliveries that were given up within a day and not retried by hand since. Tests do not count: who asked for one looks at it. */
  deadLetters: number;
  /** For how long the oldest transition has waited that nobody has looked at; null when there is none. */
  outboxOldestSeconds: number | null;
}

/** Reads them. One statement. */
@Injectable()
export class DispatchFiguresStore {
  constructor(private readonly database: DataSource) {}

  async read(): Promise<DispatchFigures> {
    const [figures] = await this.database.query<[DispatchFigures]>(
      `SELECT
         (SELECT count(*)::int FROM deliveries WHERE state = 'failed' AND kind <> 'test' AND finished_at > now() - interval '1 day') AS "deadLetters",
         (SELECT extract(epoch FROM now() - min(created_at))::float8 FROM alert_outbox WHERE taken_at IS NULL) AS "outboxOldestSeconds"`,
    );
    return figures;
  }
}
