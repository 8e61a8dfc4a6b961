import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

export interface KnownDevice {
  id: string;
  name: string;
}

/** Which addresses belong to devices of the inventory already. */
@Injectable()
export class KnownDevices {
  constructor(private readonly database: DataSource) {}

  /** By address; of several devices with one address, the first by name. */
  async byAddress(addresses: readonly string[]): Promise<Map<string, KnownDevice>> {
    const rows = await this.database.query<(KnownDevice & { ip: string })[]>(
      'SELECT DISTINCT ON (ip) ip, id, name FROM devices WHERE ip = ANY ($1) ORDER BY ip, name, id',
      [addresses],
    );
    return new Map(rows.map(({ ip, id, name }) => [ip, { id, name }]));
  }
}
