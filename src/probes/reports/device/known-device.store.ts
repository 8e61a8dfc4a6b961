import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { ProblemException } from '../../../platform/http/problem.js';

/** From the id of a device to the number that its history is kept under. */
@Injectable()
export class KnownDevices {
  constructor(private readonly database: DataSource) {}

  /** @throws ProblemException `device_not_found` */
  async numOf(id: string): Promise<number> {
    const [row] = await this.database.query<{ num: number }[]>('SELECT num FROM devices WHERE id = $1', [id]);
    if (!row) throw new ProblemException('device_not_found');
    return row.num;
  }
}
