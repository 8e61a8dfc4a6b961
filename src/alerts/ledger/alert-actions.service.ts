import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { DataSource, type EntityManager } from 'typeorm';
import { invalid, ProblemException } from '../../platform/http/problem.js';
import { AuditLog } from '../../platform/security/audit-log.service.js';
import { AlertActionStore, type AckTerms, type LockedAlert } from './alert-actions.store.js';
import type { AckBody, AlertDto, BulkAckBody, BulkAckResult, ResolveBody } from './alerts.dto.js';
import { type AlertRow, presentAlert } from './present-alert.js';

/** At most so many by one request with a filter. */
const MOST_BULK_ACKS = 10_000;
/** Named one by one in the audit log. */
const MOST_AUDITED = 1_000;

/** What people do to alerts: each in one transaction with its event, what must be told of it and its audit entry. */
@Injectable()
export class AlertActions {
  constructor(
    private readonly database: DataSource,
    private readonly store: AlertActionStore,
    private readonly audit: AuditLog,
  ) {}

  /** @throws ProblemException `alert_not_found`, `alert_pending`, `alert_resolved`, `validation_failed` */
  ack(id: string, body: AckBody, request: FastifyRequest): Promise<AlertDto> {
    return this.act('acknowledged', id, request, body.until, (alert, actor, manager) => {
      refuseUnlessFiring(alert);
      refusePast(alert.is_until_ahead);
      return this.store.acknowledge(id, actor, body, manager);
    });
  }

  /**
   * Of a resolved one what is left is taken back: a sticky acknowledgement would hold for the next of its kind.
   * @throws ProblemException `alert_not_found`, `alert_not_acknowledged`
   */
  unack(id: string, request: FastifyRequest): Promise<AlertDto> {
    return this.act('unacknowledged', id, request, undefined, (alert, actor, manager) => {
      const isHeld = alert.state === 'resolved' ? alert.ack_sticky : alert.ack_at !== null;
      if (!isHeld) throw new ProblemException('alert_not_acknowledged');
      return this.store.takeBack(id, actor, alert.ack_by, manager);
    });
  }

  /** @throws ProblemException `alert_not_found`, `alert_pending`, `alert_resolved` */
  resolve(id: string, { comment }: ResolveBody, request: FastifyRequest): Promise<AlertDto> {
    return this.act('resolved', id, request, undefined, (alert, actor, manager) => {
      refuseUnlessFiring(alert);
      return this.store.resolve(id, actor, comment || null, manager);
    });
  }

  /** @throws ProblemException `validation_failed` */
  async bulkAck(body: BulkAckBody, request: FastifyRequest): Promise<BulkAckResult> {
    const { ids, filter, ...terms } = body;
    const actor = request.caller?.name ?? null;
    return this.database.transaction(async (manager) => {
      const wanted = [...new Set(ids?.map((id) => id.toLowerCase()))];
      const done = filter
        ? await this.store.acknowledgeMatching(
            { ...filter, state: 'firing', acknowledged: false },
            MOST_BULK_ACKS,
            actor,
            terms,
            manager,
          )
        : await this.store.acknowledgeIds(wanted, actor, terms, manager);
      refusePast(done.isUntilAhead);
      const { acknowledged, notFiring } = done;
      const found = new Set([...acknowledged, ...notFiring]);
      if (acknowledged.length > 0) await this.recordBulk(acknowledged, terms, request, manager);
      return {
        acknowledged: acknowledged.length,
        not_firing: notFiring,
        not_found: wanted.filter((id) => !found.has(id)),
        more: filter !== undefined && acknowledged.length === MOST_BULK_ACKS,
      };
    });
  }

  private act(
    what: string,
    id: string,
    request: FastifyRequest,
    until: string | undefined,
    work: (alert: LockedAlert, actor: string | null, manager: EntityManager) => Promise<AlertRow>,
  ): Promise<AlertDto> {
    return this.database.transaction(async (manager) => {
      const alert = await this.store.lock(id, manager, until);
      if (!alert) throw new ProblemException('alert_not_found');
      const after = presentAlert(await work(alert, request.caller?.name ?? null, manager));
      const [before, now] = [presentAlert(alert), after].map(({ state, resolution, acknowledgement }) => {
        return { state, resolution, acknowledgement };
      });
      const entry = { request, action: `alert.${what}`, subjectType: 'alert', subjectId: id, before, after: now };
      await this.audit.record(entry, manager);
      return after;
    });
  }

  private recordBulk(ids: string[], terms: AckTerms, request: FastifyRequest, manager: EntityManager): Promise<void> {
    const after = { ...terms, count: ids.length, ids: ids.slice(0, MOST_AUDITED) };
    return this.audit.record({ request, action: 'alert.bulk_acknowledged', subjectType: 'alert', after }, manager);
  }
}

function refuseUnlessFiring({ state }: AlertRow): void {
  if (state === 'resolved') throw new ProblemException('alert_resolved');
  if (state === 'pending') throw new ProblemException('alert_pending');
}

function refusePast(isUntilAhead: boolean): void {
  if (!isUntilAhead) throw invalid([{ path: 'until', message: 'Must be in the future.' }]);
}
