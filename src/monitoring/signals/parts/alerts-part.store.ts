import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { SamplePart } from '../sample-part.port.js';
import { ofInstallation, type Sample } from '../sample.js';

/** How many alerts are open: there is a bound, and beyond it hardly any are opened. */
@Injectable()
export class AlertsPart extends SamplePart {
  readonly name = 'the alerts';

  constructor(private readonly database: DataSource) {
    super();
  }

  async take(): Promise<Sample[]> {
    const [row] = await this.database.query<[{ open: number }]>(
      `SELECT count(*)::int AS open FROM alerts WHERE state <> 'resolved'`,
    );
    return ofInstallation({ 'self.open_alerts': row.open });
  }
}
