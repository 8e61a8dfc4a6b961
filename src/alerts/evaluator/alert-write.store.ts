import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { WRITE } from './alert-write.js';
import type { PassWrite } from './pass-write.js';

/** What of a write came to be; less than was asked for when somebody else was faster. */
export interface Written {
  opened: number;
  changed: number;
  dropped: number;
  told: number;
  /** Ids of rules that were switched off. */
  broken: string[];
  /** Id of the last event; null when there was none. */
  lastEvent: number | null;
}

/** Writes what a pass comes to. */
@Injectable()
export class AlertWriteStore {
  /**
   * One statement, and so one transaction; none when there is nothing to write.
   * @param session of the lead: then nothing is written by who has lost it
   */
  async write({ alerts, events, outbox, broken }: PassWrite, session: EntityManager): Promise<Written> {
    if (alerts.length === 0 && broken.length === 0) {
      return { opened: 0, changed: 0, dropped: 0, told: 0, broken: [], lastEvent: null };
    }
    const parts = [alerts, events, outbox, broken].map((part) => JSON.stringify(part));
    const [written] = await session.query<[Written]>(WRITE, parts);
    return written;
  }
}
