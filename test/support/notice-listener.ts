import { Client } from 'pg';
import type { DatabaseConnection } from '../../src/platform/database/connection.js';
import { toPgConfig } from '../../src/platform/database/pg-config.driver.js';
import { decodeNotice, type Notice, NOTICE_CHANNEL } from '../../src/platform/events/notice.js';

/** Hears what processes tell each other, on a connection of its own. */
export class NoticeListener {
  readonly heard: Notice[] = [];

  private constructor(private readonly client: Client) {}

  static async on(connection: DatabaseConnection): Promise<NoticeListener> {
    const client = new Client(toPgConfig(connection));
    await client.connect();
    const listener = new NoticeListener(client);
    client.on('notification', ({ payload }) => {
      const notice = decodeNotice(payload);
      if (!notice) throw new Error(`This is no notice: ${payload}`);
      listener.heard.push(notice);
    });
    await client.query(`LISTEN ${NOTICE_CHANNEL}`);
    return listener;
  }

  /** Whatever was committed before has been heard then. */
  async catchUp(): Promise<void> {
    await this.client.query('SELECT 1');
  }

  stop(): Promise<void> {
    return this.client.end();
  }
}
