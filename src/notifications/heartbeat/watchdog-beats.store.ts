import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

/** The watchdog judges and tells; each may be done by another process. */
const HALVES = ['evaluator', 'dispatcher'] as const;
export type Half = (typeof HALVES)[number];
/** How long ago each did its work, ms; null where nobody knows. */
export type Ages = Readonly<Record<Half, number | null>>;

/** The table `watchdog_beats`: when each half did its work last, by the database's clock, in whichever process. */
@Injectable()
export class WatchdogBeats {
  constructor(private readonly database: DataSource) {}

  /**
   * Notes what this process knows, and says what is known altogether. One statement: without the database nothing is known.
   * A time in the future was noted before the clock was set back, and says nothing.
   */
  async exchange(own: Ages): Promise<Ages> {
    const known = HALVES.filter((half) => own[half] !== null);
    const rows = await this.database.query<{ half: string; age: number }[]>(
      `WITH own AS (SELECT half, now() - make_interval(secs => age / 1000) AS at FROM unnest($1::text[], $2::float8[]) AS o (half, age)),
            noted AS (
              INSERT INTO watchdog_beats AS b (half, at) SELECT half, at FROM own
              ON CONFLICT (half) DO UPDATE SET at = CASE WHEN b.at > now() THEN excluded.at ELSE greatest(b.at, excluded.at) END)
       SELECT half, (extract(epoch FROM now() - max(at)) * 1000)::float8 AS age
       FROM (SELECT half, at FROM watchdog_beats WHERE at <= now() UNION ALL SELECT half, at FROM own) known GROUP BY half`,
      [known, known.map((half) => own[half])],
    );
    const age = (half: Half): number | null => rows.find((row) => row.half === half)?.age ?? null;
    return { evaluator: age('evaluator'), dispatcher: age('dispatcher') };
  }
}
