import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { encodeNotice, type Notice, NOTICE_CHANNEL } from './notice.js';

/** Tells all processes on the same database that something happened. */
@Injectable()
export class EventBus {
  constructor(private readonly database: DataSource) {}

  /**
   * @param manager of a transaction: it is told when that commits, and not at all when it rolls back; without one it is told at once
   * @throws NoticeTooLargeError, and whatever PostgreSQL says
   * @example await bus.publish({ kind: 'swarm_published', revision }, manager)
   */
  async publish(notice: Notice, manager: EntityManager = this.database.manager): Promise<void> {
    await manager.query('SELECT pg_notify($1, $2)', [NOTICE_CHANNEL, encodeNotice(notice)]);
  }
}
