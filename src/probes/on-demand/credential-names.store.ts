import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

/** Finds stored credentials without opening them. */
@Injectable()
export class CredentialNames {
  constructor(private readonly database: DataSource) {}

  /**
   * @param idOrName an id wins over a name that looks like one
   * @returns null when there is none
   */
  async idOf(idOrName: string): Promise<string | null> {
    const [row] = await this.database.query<{ id: string }[]>(
      'SELECT id FROM credentials WHERE id::text = lower($1) OR name = $1 ORDER BY id::text = lower($1) DESC LIMIT 1',
      [idOrName],
    );
    return row?.id ?? null;
  }
}
