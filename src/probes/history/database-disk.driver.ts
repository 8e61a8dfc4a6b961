import { statfs } from 'node:fs/promises';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { DiskSpace } from './disk-space.port.js';

/** The disk of PostgreSQL's own data folder, when the server runs on this machine and lets us know the folder. */
@Injectable()
export class DatabaseDisk extends DiskSpace {
  constructor(private readonly database: DataSource) {
    super();
  }

  async freePercent(): Promise<number | null> {
    // The view shows no row to an account that may not know; a server behind a forwarded port has another address than its client.
    const [row]: { folder: string }[] = await this.database.query(
      `SELECT setting AS folder FROM pg_settings
       WHERE name = 'data_directory' AND inet_client_addr() IS NOT DISTINCT FROM inet_server_addr()`,
    );
    if (!row) return null;
    try {
      const { bavail, blocks } = await statfs(row.folder);
      return blocks === 0 ? null : (bavail / blocks) * 100;
    } catch {
      // In a container of its own, for example.
      return null;
    }
  }
}
