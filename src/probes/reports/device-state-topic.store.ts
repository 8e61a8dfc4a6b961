import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { StreamData, StreamEvent } from '../../platform/events/stream-catalogue.js';
import { MOST_EVENTS_OF_A_NOTICE, StreamTopics } from '../../platform/events/stream-topics.service.js';

type EventRow = Omit<StreamData<'device.state'>, 'at'> & { at: Date };

const EVENTS = `
  SELECT d.id AS device_id, d.name AS device_name, e.at, e.from_state AS "from", e.to_state AS "to", e.cause, e.in_maintenance,
         e.excused, e.blind, e.detail
  FROM state_events e JOIN devices d ON d.num = e.device_num
  WHERE e.id BETWEEN $1 AND $2 ORDER BY e.id LIMIT $3`;

/** Tells the changes of state that a cycle brought on the stream. Those of a device that is deleted meanwhile are nobody's any more. */
@Injectable()
export class DeviceStateTopic implements OnModuleInit {
  constructor(
    private readonly topics: StreamTopics,
    private readonly database: DataSource,
  ) {}

  onModuleInit(): void {
    this.topics.register('probe_cycle', ({ events }) => (events ? this.between(events) : Promise.resolve([])));
  }

  private async between({ first, last }: { first: number; last: number }): Promise<StreamEvent[]> {
    const rows = await this.database.query<EventRow[]>(EVENTS, [first, last, MOST_EVENTS_OF_A_NOTICE + 1]);
    return rows.map((row) => ({ event: 'device.state', data: { ...row, at: row.at.toISOString() } }));
  }
}
