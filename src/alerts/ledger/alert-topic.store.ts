import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { StreamData, StreamEvent } from '../../platform/events/stream-catalogue.js';
import { MOST_EVENTS_OF_A_NOTICE, StreamTopics } from '../../platform/events/stream-topics.service.js';
import { IS_ACKNOWLEDGED, RULE_ID } from './alert-columns.js';

type EventRow = Omit<StreamData<'alert.changed'>, 'at'> & { id: string; at: Date };

const EVENTS = `
  SELECT e.id, e.alert_id, e.at, e.kind, e.actor, a.state, a.severity, ${RULE_ID} AS rule_id, a.rule_name, a.target_kind, a.target_name, a.device_id,
         a.summary, ${IS_ACKNOWLEDGED} AS acknowledged, a.suppressed_by
  FROM alert_events e JOIN alerts a ON a.id = e.alert_id
  WHERE e.id BETWEEN $1 AND $2 ORDER BY e.id LIMIT $3`;

/** Ids of events that are remembered as told. */
const MOST_REMEMBERED = 4 * MOST_EVENTS_OF_A_NOTICE;

/** Tells on the stream what happened to alerts. */
@Injectable()
export class AlertTopic implements OnModuleInit {
  /** Two that write at once draw their ids from one sequence: events of one may lie between those of the other. */
  private readonly told = new Set<string>();

  constructor(
    private readonly topics: StreamTopics,
    private readonly database: DataSource,
  ) {}

  onModuleInit(): void {
    this.topics.register('alerts_changed', ({ first, last }) => this.between(first, last));
  }

  private async between(first: number, last: number): Promise<StreamEvent[]> {
    const rows = await this.database.query<EventRow[]>(EVENTS, [first, last, MOST_EVENTS_OF_A_NOTICE + 1]);
    // Too many are told as a whole: then none may be missing.
    const isTooMany = rows.length > MOST_EVENTS_OF_A_NOTICE;
    return rows.flatMap(({ id, at, ...data }): StreamEvent[] => {
      if (this.told.has(id) && !isTooMany) return [];
      this.remember(id);
      return [{ event: 'alert.changed', data: { ...data, at: at.toISOString() } }];
    });
  }

  private remember(id: string): void {
    this.told.add(id);
    const [eldest] = this.told;
    if (this.told.size > MOST_REMEMBERED && eldest !== undefined) this.told.delete(eldest);
  }
}
