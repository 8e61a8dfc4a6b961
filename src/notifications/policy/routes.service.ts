import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { DataSource, type EntityManager } from 'typeorm';
import { isTimeZone } from '../../devices/calendar/wall-clock.js';
import { isViolation } from '../../platform/database/violation.js';
import { EventBus } from '../../platform/events/event-bus.store.js';
import type { Page } from '../../platform/http/envelope.js';
import { invalid, type InvalidValue, ProblemException } from '../../platform/http/problem.js';
import { AuditLog } from '../../platform/security/audit-log.service.js';
import { listRows } from '../../platform/security/list-rows.store.js';
import { NotificationRoute } from './notification-route.entity.js';
import { ReferencedNames } from './referenced-names.store.js';
import { routeFaults } from './route-faults.js';
import { type FoundRouteReferences, missingFrom, presentMatchers, resolveMatchers } from './route-references.js';
import type { ChangeRouteBody, CreateRouteBody, RouteDto, RoutesQuery } from './routes.dto.js';

/** What the dispatcher is able to look through for every alert. */
const MAX_ROUTES = 200;
const COLUMNS =
  'id, name, position, enabled, matchers, channel_ids AS "channelIds", continues, group_wait_seconds AS "groupWaitSeconds", ' +
  'remind_every_minutes AS "remindEveryMinutes", escalate_after_minutes AS "escalateAfterMinutes", ' +
  'escalate_channel_ids AS "escalateChannelIds", quiet_hours AS "quietHours", created_at AS "createdAt", updated_at AS "updatedAt"';
type Row = NotificationRoute & { _at: string; _id: string };

/** Routes of notifications. */
@Injectable()
export class NotificationRoutes {
  constructor(
    private readonly database: DataSource,
    private readonly names: ReferencedNames,
    private readonly bus: EventBus,
    private readonly audit: AuditLog,
  ) {}

  async list(query: RoutesQuery): Promise<Page<unknown>> {
    const list = {
      select: COLUMNS,
      from: 'notification_routes',
      id: { expression: 'id', type: 'uuid' },
      sort: {
        position: { expression: 'position', type: 'integer' },
        name: { expression: 'name', type: 'text' },
        created_at: { expression: 'created_at', type: 'timestamptz' },
      },
      where: query.q ? [{ condition: 'position(lower(?) in lower(name)) > 0', values: [query.q] }] : [],
    };
    const page = await listRows(this.database, list, query, (row: Row) => row);
    return { ...page, data: await this.presentAll(page.data as Row[], this.database.manager) };
  }

  /** @throws ProblemException `notification_route_not_found` */
  async one(id: string): Promise<RouteDto> {
    const { manager } = this.database;
    return this.present(await find(manager, id), manager);
  }

  /** @throws ProblemException `validation_failed`, `name_taken`, `too_many_notification_routes` */
  create(body: CreateRouteBody, request: FastifyRequest): Promise<RouteDto> {
    return this.write(body.name, async (manager) => {
      const route = manager.create(NotificationRoute, await this.valuesOf(body, manager));
      refuse(routeFaults(route, isTimeZone));
      await manager.save(route);
      await manager.query("SELECT pg_advisory_xact_lock(hashtextextended('notification-routes', 0))");
      if ((await manager.count(NotificationRoute)) > MAX_ROUTES)
        throw new ProblemException('too_many_notification_routes');
      return this.done('created', request, manager, route.id, undefined);
    });
  }

  /** @throws ProblemException `notification_route_not_found`, `validation_failed`, `name_taken` */
  change(id: string, body: ChangeRouteBody, request: FastifyRequest): Promise<RouteDto> {
    return this.write(body.name, async (manager) => {
      const route = await find(manager, id, true);
      const before = await this.present(route, manager);
      // Merging would leave old matchers beside the new ones.
      Object.assign(route, await this.valuesOf(body, manager));
      refuse(routeFaults(route, isTimeZone));
      await manager.save(route);
      return this.done('updated', request, manager, id, before);
    });
  }

  /** @throws ProblemException `notification_route_not_found` */
  async remove(id: string, request: FastifyRequest): Promise<void> {
    await this.database.transaction(async (manager) => {
      const before = await this.present(await find(manager, id, true), manager);
      await manager.delete(NotificationRoute, { id });
      await this.record('deleted', request, manager, id, before);
    });
  }

  private async done(
    what: string,
    request: FastifyRequest,
    manager: EntityManager,
    id: string,
    before: RouteDto | undefined,
  ): Promise<RouteDto> {
    const after = await this.present(await find(manager, id), manager);
    await this.record(what, request, manager, id, before, after);
    return after;
  }

  private async record(
    what: string,
    request: FastifyRequest,
    manager: EntityManager,
    subjectId: string,
    before?: RouteDto,
    after?: RouteDto,
  ): Promise<void> {
    const action = `notification_route.${what}`;
    await this.audit.record({ request, action, subjectType: 'notification_route', subjectId, before, after }, manager);
    await this.bus.publish({ kind: 'channels_changed' }, manager);
  }

  private async presentAll(routes: readonly NotificationRoute[], manager: EntityManager): Promise<RouteDto[]> {
    const names = await this.names.ofChannels(manager);
    const found = await this.names.ofMatchers(
      routes.map(({ matchers }) => matchers),
      manager,
    );
    return routes.map((route) => present(route, names, found));
  }

  private async present(route: NotificationRoute, manager: EntityManager): Promise<RouteDto> {
    const [shown] = await this.presentAll([route], manager);
    return shown!;
  }

  /** With whatever is referred to as ids. @throws ProblemException `validation_failed` for what there is not */
  private async valuesOf(body: ChangeRouteBody, manager: EntityManager): Promise<Partial<NotificationRoute>> {
    const { channels, escalate_channels: further, matchers } = body;
    const found =
      channels || further
        ? await this.names.channelIds([...(channels ?? []), ...(further ?? [])], manager)
        : new Map<string, string>();
    const unknown = (refs: string[] | undefined, path: string): InvalidValue[] =>
      (refs ?? []).flatMap((ref, index) =>
        found.has(ref) ? [] : [{ path: `${path}.${index}`, message: `There is no channel "${ref}".` }],
      );
    const given = (matchers ?? {}) as NotificationRoute['matchers'];
    const references = await this.names.ofMatchers([given], manager);
    refuse([
      ...unknown(channels, 'channels'),
      ...unknown(further, 'escalate_channels'),
      ...missingFrom(given, references),
    ]);
    const idsOf = (refs: string[]): string[] => [...new Set(refs.map((ref) => found.get(ref)!))];
    return {
      ...(body.name !== undefined && { name: body.name }),
      ...(body.position !== undefined && { position: body.position }),
      ...(body.enabled !== undefined && { enabled: body.enabled }),
      ...(matchers && { matchers: resolveMatchers(given, references) }),
      ...(channels && { channelIds: idsOf(channels) }),
      ...(body.continues !== undefined && { continues: body.continues }),
      ...(body.group_wait_seconds !== undefined && { groupWaitSeconds: body.group_wait_seconds }),
      ...(body.remind_every_minutes !== undefined && { remindEveryMinutes: body.remind_every_minutes }),
      ...(body.escalate_after_minutes !== undefined && { escalateAfterMinutes: body.escalate_after_minutes }),
      ...(further && { escalateChannelIds: idsOf(further) }),
      ...(body.quiet_hours !== undefined && { quietHours: body.quiet_hours as NotificationRoute['quietHours'] }),
    };
  }

  private async write<T>(name: string | undefined, work: (manager: EntityManager) => Promise<T>): Promise<T> {
    try {
      return await this.database.transaction(work);
    } catch (error) {
      if (!isViolation(error, 'unique')) throw error;
      const detail = `Another notification route has the name "${name}". Choose another one.`;
      throw new ProblemException('name_taken', { detail, cause: error });
    }
  }
}

async function find(manager: EntityManager, id: string, lock = false): Promise<NotificationRoute> {
  const options = lock ? { lock: { mode: 'pessimistic_write' as const } } : {};
  const route = await manager.findOne(NotificationRoute, { where: { id }, ...options });
  if (!route) throw new ProblemException('notification_route_not_found');
  return route;
}

function refuse(errors: InvalidValue[]): void {
  if (errors.length > 0) throw invalid(errors);
}

function present(route: NotificationRoute, names: ReadonlyMap<string, string>, found: FoundRouteReferences): RouteDto {
  const channels = (ids: string[]) => ids.flatMap((id) => (names.has(id) ? [{ id, name: names.get(id)! }] : []));
  return {
    id: route.id,
    name: route.name,
    position: route.position,
    enabled: route.enabled,
    matchers: presentMatchers(route.matchers, found) as RouteDto['matchers'],
    channels: channels(route.channelIds),
    continues: route.continues,
    group_wait_seconds: route.groupWaitSeconds,
    remind_every_minutes: route.remindEveryMinutes,
    escalate_after_minutes: route.escalateAfterMinutes,
    escalate_channels: channels(route.escalateChannelIds),
    quiet_hours: route.quietHours && inReadingOrder(route.quietHours),
    created_at: route.createdAt.toISOString(),
    updated_at: route.updatedAt.toISOString(),
    missing_references: missingFrom(route.matchers, found),
  };
}

/** PostgreSQL gives the keys of jsonb back by their lengths. */
function inReadingOrder({ timezone, days, from, to, except }: NonNullable<RouteDto['quiet_hours']>) {
  return { timezone, ...(days && { days }), from, to, except };
}
