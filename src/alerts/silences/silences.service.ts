import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { DataSource, type EntityManager } from 'typeorm';
import { EventBus } from '../../platform/events/event-bus.store.js';
import type { Page } from '../../platform/http/envelope.js';
import { invalid, ProblemException } from '../../platform/http/problem.js';
import { AuditLog } from '../../platform/security/audit-log.service.js';
import { ALERT_LABELS, labelWarnings } from './label-warnings.js';
import { compileMatchers } from '../engine/match-silence.js';
import { faultOf, type SilenceTimes, timesAfter, timesEnded } from './silence-times.js';
import type {
  ChangeSilenceBody,
  CreateSilenceBody,
  SilenceDetailDto,
  SilenceDto,
  SilencesQuery,
} from './silences.dto.js';
import { type SilenceRow, SilencesStore } from './silences.store.js';

/** Those that have not ended: what the evaluator is able to match every few seconds. */
const MAX_SILENCES = 500;

/** Silences: alerts that match open all the same, but nobody is told. */
@Injectable()
export class Silences {
  constructor(
    private readonly database: DataSource,
    private readonly store: SilencesStore,
    private readonly audit: AuditLog,
    private readonly events: EventBus,
  ) {}

  list(query: SilencesQuery): Promise<Page<unknown>> {
    return this.store.list(query, present);
  }

  /** @throws ProblemException `silence_not_found` */
  async one(id: string): Promise<SilenceDetailDto> {
    return this.detailed(present(found(await this.store.one(id))));
  }

  /** @throws ProblemException `validation_failed`, `too_many_silences` */
  async create(body: CreateSilenceBody, request: FastifyRequest): Promise<SilenceDetailDto> {
    const made = await this.database.transaction(async (manager) => {
      const now = await this.store.now(manager);
      const times = checked(timesAfter(body, null, now), now);
      const values = { matchers: body.matchers, comment: body.comment || null, ...times };
      const row = await this.store.insert(values, request.caller?.name ?? null, manager);
      await this.refuseTooMany(manager);
      return this.written('created', request, manager, null, row);
    });
    return this.detailed(made);
  }

  /** @throws ProblemException `silence_not_found`, `silence_ended`, `validation_failed`, `too_many_silences` */
  async change(id: string, body: ChangeSilenceBody, request: FastifyRequest): Promise<SilenceDetailDto> {
    const changed = await this.database.transaction(async (manager) => {
      const now = await this.store.now(manager);
      const before = found(await this.store.lock(id, manager));
      if (before.state === 'ended') throw new ProblemException('silence_ended');
      const { matchers = before.matchers, comment = before.comment } = body;
      const times = checked(timesAfter(body, before, now), now);
      const row = await this.store.update(id, { matchers, comment: comment || null, ...times }, manager);
      return this.written('updated', request, manager, before, row);
    });
    return this.detailed(changed);
  }

  /**
   * Ends it now. It is kept, so that it can be seen later why nobody was told. Does nothing to one that has ended.
   * @throws ProblemException `silence_not_found`
   */
  expire(id: string, request: FastifyRequest): Promise<SilenceDto> {
    return this.database.transaction(async (manager) => {
      const now = await this.store.now(manager);
      const before = found(await this.store.lock(id, manager));
      if (before.state === 'ended') return present(before);
      const row = await this.store.update(id, { ...before, ...timesEnded(before, now) }, manager);
      return this.written('ended', request, manager, before, row);
    });
  }

  /** With what it means now: who mistypes a matcher sees it here. */
  private async detailed(silence: SilenceDto): Promise<SilenceDetailDto> {
    const { matchers } = silence;
    const matches = compileMatchers(matchers);
    const known = new Set([...ALERT_LABELS, ...(await this.store.ruleLabels())]);
    let matching_alerts = 0;
    for await (const part of this.store.labelsOfOpen()) {
      matching_alerts += part.filter(matches).length;
      const unknown = matchers.filter(({ name }) => !known.has(name));
      for (const { name } of unknown) if (part.some((labels) => Object.hasOwn(labels, name))) known.add(name);
    }
    return { ...silence, matching_alerts, warnings: labelWarnings(matchers, known) };
  }

  private async refuseTooMany(manager: EntityManager): Promise<void> {
    if ((await this.store.countGoingOn(manager)) > MAX_SILENCES) throw new ProblemException('too_many_silences');
  }

  private async written(
    what: 'created' | 'updated' | 'ended',
    request: FastifyRequest,
    manager: EntityManager,
    before: SilenceRow | null,
    row: SilenceRow,
  ): Promise<SilenceDto> {
    const after = present(row);
    const subject = { subjectType: 'silence', subjectId: row.id };
    const changes = { ...(before && { before: present(before) }), after };
    await this.audit.record({ request, action: `silence.${what}`, ...subject, ...changes }, manager);
    await this.events.publish({ kind: 'silences_changed' }, manager);
    return after;
  }
}

function found(row: SilenceRow | null): SilenceRow {
  if (!row) throw new ProblemException('silence_not_found');
  return row;
}

function checked(times: SilenceTimes, now: Date): SilenceTimes {
  const message = faultOf(times, now);
  if (message === null) return times;
  throw invalid([{ path: 'ends_at', message }]);
}

function present(row: SilenceRow): SilenceDto {
  return {
    id: row.id,
    // In this order: PostgreSQL gives the keys of jsonb back by their lengths.
    matchers: row.matchers.map(({ name, op, value }) => ({ name, op, value })),
    state: row.state,
    starts_at: row.startsAt.toISOString(),
    ends_at: row.endsAt.toISOString(),
    author: row.author,
    comment: row.comment,
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  };
}
