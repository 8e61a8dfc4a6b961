import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { DataSource, type EntityManager } from 'typeorm';
import { EventBus } from '../../platform/events/event-bus.store.js';
import type { Page } from '../../platform/http/envelope.js';
import { ProblemException } from '../../platform/http/problem.js';
import { AuditLog } from '../../platform/security/audit-log.service.js';
import { listRows } from '../../platform/security/list-rows.store.js';
import type { ChannelKind } from '../channels/channel-driver.port.js';
import type { DeliveryState } from '../dispatch/delivery.js';
import type { DeliveriesQuery, DeliveryDetail, DeliveryDto } from './deliveries.dto.js';

const MAX_ALERTS = 500;
const MAX_ATTEMPTS = 200;
const COLUMNS = `
  d.id, (SELECT c.id FROM channels c WHERE c.id = d.channel_id) AS channel_id, d.channel_name, d.channel_kind, d.kind, d.severity, d.group_labels, d.title, d.state, d.attempts,
  d.uncertain, d.held, d.next_attempt_at, d.give_up_at, d.last_status, d.last_error, d.requested_by, d.created_at, d.first_attempt_at, d.finished_at,
  (SELECT count(*)::int FROM delivery_alerts m WHERE m.delivery_id = d.id AND m.dropped IS NULL) AS alert_count`;

interface Row extends Omit<DeliveryDto, 'channel' | Times> {
  channel_id: string | null;
  channel_name: string;
  channel_kind: ChannelKind;
  next_attempt_at: Date;
  give_up_at: Date;
  created_at: Date;
  first_attempt_at: Date | null;
  finished_at: Date | null;
}
type Times = 'next_attempt_at' | 'give_up_at' | 'created_at' | 'first_attempt_at' | 'finished_at';

/** The log of what was told to whom. */
@Injectable()
export class Deliveries {
  constructor(
    private readonly database: DataSource,
    private readonly bus: EventBus,
    private readonly audit: AuditLog,
  ) {}

  list(query: DeliveriesQuery): Promise<Page<unknown>> {
    const { state, kind, channel, alert, from, to } = query.filters;
    const where: { condition: string; values: unknown[] }[] = [];
    const when = (value: unknown, condition: string, values: unknown[] = [value]): void => {
      if (value !== undefined) where.push({ condition, values });
    };
    when(state, 'd.state = ANY (?::text[])');
    when(kind, 'd.kind = ANY (?::text[])');
    when(channel, '(d.channel_id::text = lower(?) OR d.channel_name = ?)', [channel, channel]);
    when(alert, 'd.id IN (SELECT m.delivery_id FROM delivery_alerts m WHERE m.alert_id = ?::uuid)');
    when(from, 'd.created_at >= ?::timestamptz');
    when(to, 'd.created_at < ?::timestamptz');
    const list = {
      select: COLUMNS,
      from: 'deliveries d',
      id: { expression: 'd.id', type: 'uuid' },
      sort: { created_at: { expression: 'd.created_at', type: 'timestamptz' } },
      where,
    };
    return listRows(this.database, list, query, (row: Row & { _at: string; _id: string }) => present(row));
  }

  /** @throws ProblemException `delivery_not_found` */
  async one(id: string, manager: EntityManager = this.database.manager): Promise<DeliveryDetail> {
    const [row] = await manager.query<Row[]>(`SELECT ${COLUMNS} FROM deliveries d WHERE d.id = $1`, [id]);
    if (!row) throw new ProblemException('delivery_not_found');
    const alerts = await manager.query<(Omit<DeliveryDetail['alerts'][number], 'at'> & { at: Date })[]>(
      `SELECT a.id, a.rule_name, a.target_name, a.severity, a.state, m.at, m.dropped
       FROM delivery_alerts m JOIN alerts a ON a.id = m.alert_id WHERE m.delivery_id = $1 ORDER BY m.seq LIMIT ${MAX_ALERTS}`,
      [id],
    );
    const attempts = await manager.query<(Omit<DeliveryDetail['attempt_log'][number], 'at'> & { at: Date })[]>(
      `SELECT number, at, duration_ms, outcome, status, error, response
       FROM delivery_attempts WHERE delivery_id = $1 ORDER BY id DESC LIMIT ${MAX_ATTEMPTS}`,
      [id],
    );
    const dated = <T extends { at: Date }>(rows: T[]) => rows.map((each) => ({ ...each, at: each.at.toISOString() }));
    return { ...present(row), alerts: dated(alerts), attempt_log: dated(attempts) };
  }

  /**
   * Tries it now, and for a further day, under the same idempotency key.
   * @throws ProblemException `delivery_not_found`, `delivery_not_retryable`, `delivery_outdated`
   */
  retry(id: string, request: FastifyRequest): Promise<DeliveryDetail> {
    return this.database.transaction(async (manager) => {
      // In this order, as who deletes the channel does.
      const [channel] = await manager.query<{ id: string }[]>(
        'SELECT id FROM channels WHERE id = (SELECT channel_id FROM deliveries WHERE id = $1) FOR KEY SHARE',
        [id],
      );
      const [delivery] = await manager.query<{ state: DeliveryState; outdated: boolean }[]>(
        `SELECT d.state, d.kind IN ('firing', 'reminder', 'escalation') AND NOT EXISTS (
           SELECT FROM delivery_alerts m JOIN alerts a ON a.id = m.alert_id
           WHERE m.delivery_id = d.id AND m.dropped IS NULL AND a.state = 'firing') AS outdated
         FROM deliveries d WHERE d.id = $1 FOR UPDATE`,
        [id],
      );
      if (!delivery) throw new ProblemException('delivery_not_found');
      refuseUnlessRetryable(delivery, channel !== undefined);
      const before = await this.one(id, manager);
      await manager.query(
        // What surely did not arrive is composed anew: some of its alerts may have ended since, and nobody would be told of that.
        `UPDATE deliveries SET state = CASE WHEN attempts = 0 THEN 'waiting' ELSE 'retrying' END,
           content = CASE WHEN uncertain THEN content END, next_attempt_at = now(),
           give_up_at = now() + interval '24 hours', finished_at = NULL, locked_until = NULL, requested_by = $2::text, asked = true
         WHERE id = $1`,
        [id, request.caller?.name ?? null],
      );
      const after = await this.one(id, manager);
      await this.audit.record(
        {
          request,
          action: 'delivery.retried',
          subjectType: 'delivery',
          subjectId: id,
          before: { state: before.state, attempts: before.attempts },
          after: { state: after.state, attempts: after.attempts },
        },
        manager,
      );
      await this.bus.publish({ kind: 'deliveries_due' }, manager);
      return after;
    });
  }
}

function refuseUnlessRetryable(
  { state, outdated }: { state: DeliveryState; outdated: boolean },
  hasChannel: boolean,
): void {
  if (!hasChannel) {
    throw new ProblemException('delivery_not_retryable', {
      detail: 'Its channel was deleted, so there is nobody to send it to.',
    });
  }
  if (state !== 'failed' && state !== 'retrying') {
    throw new ProblemException('delivery_not_retryable', {
      detail: `It is ${state}. Only what failed or waits for a further attempt can be retried.`,
    });
  }
  if (outdated) throw new ProblemException('delivery_outdated');
}

function present(row: Row): DeliveryDto {
  const { channel_id: id, channel_name: name, channel_kind: kind } = row;
  const isOpen = row.finished_at === null;
  return {
    id: row.id,
    channel: { id, name, kind },
    kind: row.kind,
    severity: row.severity,
    group_labels: row.group_labels,
    title: row.title,
    state: row.state,
    alert_count: row.alert_count,
    attempts: row.attempts,
    uncertain: row.uncertain,
    held: row.held,
    next_attempt_at: isOpen && row.state !== 'sending' ? row.next_attempt_at.toISOString() : null,
    give_up_at: row.give_up_at.toISOString(),
    last_status: row.last_status,
    last_error: row.last_error,
    requested_by: row.requested_by,
    created_at: row.created_at.toISOString(),
    first_attempt_at: row.first_attempt_at?.toISOString() ?? null,
    finished_at: row.finished_at?.toISOString() ?? null,
  };
}
