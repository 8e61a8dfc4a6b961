import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { DataSource, type EntityManager } from 'typeorm';
import { EventBus } from '../../platform/events/event-bus.store.js';
import type { Page } from '../../platform/http/envelope.js';
import { invalid, ProblemException } from '../../platform/http/problem.js';
import { AuditLog } from '../../platform/security/audit-log.service.js';
import { listRows } from '../../platform/security/list-rows.store.js';
import { unknownReferences } from '../inventory/selector-references.store.js';
import { CalendarStore } from './calendar.store.js';
import { MaintenanceCalendar } from './maintenance-calendar.service.js';
import { MaintenanceWindow } from './maintenance-window.entity.js';
import type {
  ChangeWindowBody,
  CreateWindowBody,
  MaintenanceWindowDto,
  OccurrencesQuery,
  WindowsQuery,
} from './maintenance-windows.dto.js';
import { activeOccurrence, type Occurrence, occurrences, timeFaults } from './occurrences.js';

/** What the table says of a window; how many devices it means changes with the inventory. */
type PlannedWindow = Omit<MaintenanceWindowDto, 'device_count'>;

/** Enabled windows that are not over: what the calendar is able to look through every few seconds. */
const MAX_WINDOWS = 500;
const MAX_OCCURRENCES = 500;
const MAX_RANGE_MS = 366 * 86_400_000;
const COLUMNS =
  'id, name, description, scope, starts_at AS "startsAt", ends_at AS "endsAt", rrule, timezone, collect, ' +
  'counts_as_downtime AS "countsAsDowntime", enabled, created_by AS "createdBy", created_at AS "createdAt", updated_at AS "updatedAt"';

/** Planning of maintenance. */
@Injectable()
export class MaintenanceWindows {
  constructor(
    private readonly database: DataSource,
    private readonly store: CalendarStore,
    private readonly calendar: MaintenanceCalendar,
    private readonly audit: AuditLog,
    private readonly events: EventBus,
  ) {}

  async list(query: WindowsQuery): Promise<Page<unknown>> {
    const now = new Date();
    const { active, enabled } = query.filters;
    const where: { condition: string; values: unknown[] }[] = [];
    if (active !== undefined) {
      const ids = (await this.store.near(now)).filter((window) => currentOf(window, now)).map(({ id }) => id);
      where.push({ condition: `${active ? '' : 'NOT '}id = ANY (?::uuid[])`, values: [ids] });
    }
    if (enabled !== undefined) where.push({ condition: 'enabled = ?', values: [enabled] });
    if (query.q) {
      where.push({
        condition: `position(lower(?) in lower(concat_ws(' ', name, description))) > 0`,
        values: [query.q],
      });
    }
    const list = {
      select: COLUMNS,
      from: 'maintenance_windows',
      id: { expression: 'id', type: 'uuid' },
      sort: {
        name: { expression: 'name', type: 'text' },
        starts_at: { expression: 'starts_at', type: 'timestamptz' },
        created_at: { expression: 'created_at', type: 'timestamptz' },
      },
      where,
    };
    const shown: MaintenanceWindow[] = [];
    const page = await listRows(this.database, list, query, (row: MaintenanceWindow & { _at: string; _id: string }) => {
      shown.push(row);
      return { ...present(row, now), device_count: 0 };
    });
    // `fields` may have left it out.
    const asked = (page.data as object[]).filter((item) => 'device_count' in item);
    const counts = asked.length > 0 ? await this.store.countsOf(shown.map(({ scope }) => scope)) : [];
    asked.forEach((item, index) => Object.assign(item, { device_count: counts[index]! }));
    return page;
  }

  /** @throws ProblemException `maintenance_window_not_found` */
  async one(id: string): Promise<MaintenanceWindowDto> {
    return this.counted(present(await find(this.database.manager, id), new Date()));
  }

  /** @throws ProblemException `maintenance_window_not_found`, `validation_failed` for a range of more than a year */
  async occurrences(id: string, query: OccurrencesQuery) {
    const [from, to] = [new Date(query.from), new Date(query.to)];
    const rangeMs = to.getTime() - from.getTime();
    if (rangeMs <= 0 || rangeMs > MAX_RANGE_MS) {
      refuse([{ path: 'to', message: 'Must be after `from`, by at most 366 days.' }]);
    }
    const window = await find(this.database.manager, id);
    const all = occurrences(window, from, to);
    return { occurrences: all.slice(0, MAX_OCCURRENCES).map(presentTimes), truncated: all.length > MAX_OCCURRENCES };
  }

  /** @throws ProblemException `validation_failed`, `too_many_maintenance_windows` */
  async create(body: CreateWindowBody, request: FastifyRequest): Promise<MaintenanceWindowDto> {
    const values = { ...valuesOf(body), createdBy: request.caller?.name ?? null };
    const made = await this.write(async (manager) => {
      const window = manager.create(MaintenanceWindow, { description: null, rrule: null, ...values });
      refuse(timeFaults(window));
      refuse(await unknownReferences(manager, window.scope, 'scope'));
      await manager.save(window);
      await this.refuseTooMany(manager);
      const after = present(window, new Date());
      await this.record('created', request, manager, window.id, undefined, after);
      return after;
    });
    return this.counted(made);
  }

  /** @throws ProblemException `maintenance_window_not_found`, `validation_failed`, `too_many_maintenance_windows` */
  async change(id: string, body: ChangeWindowBody, request: FastifyRequest): Promise<MaintenanceWindowDto> {
    const changed = await this.write(async (manager) => {
      const window = await find(manager, id, true);
      const before = present(window, new Date());
      manager.merge(MaintenanceWindow, window, valuesOf(body));
      // Merging would leave the old conditions beside the new ones.
      if (body.scope) window.scope = body.scope;
      refuse(timeFaults(window));
      if (body.scope) refuse(await unknownReferences(manager, body.scope, 'scope'));
      await manager.save(window);
      await this.refuseTooMany(manager);
      const after = present(window, new Date());
      await this.record('updated', request, manager, id, before, after);
      return after;
    });
    return this.counted(changed);
  }

  /** @throws ProblemException `maintenance_window_not_found`, `maintenance_window_recurs`, `maintenance_window_not_active` */
  async end(id: string, request: FastifyRequest): Promise<MaintenanceWindowDto> {
    const ended = await this.write(async (manager) => {
      const now = new Date();
      const window = await find(manager, id, true);
      const before = present(window, now);
      if (window.rrule !== null) throw new ProblemException('maintenance_window_recurs');
      if (!before.active) throw new ProblemException('maintenance_window_not_active');
      window.endsAt = new Date(Math.max(now.getTime(), window.startsAt.getTime() + 1));
      await manager.save(window);
      const after = present(window, window.endsAt);
      await this.record('ended', request, manager, id, before, after);
      return after;
    });
    return this.counted(ended);
  }

  /** @throws ProblemException `maintenance_window_not_found` */
  async remove(id: string, request: FastifyRequest): Promise<void> {
    await this.write(async (manager) => {
      const window = await find(manager, id, true);
      const before = present(window, new Date());
      await manager.delete(MaintenanceWindow, { id });
      await this.record('deleted', request, manager, id, before);
    });
  }

  private async counted(window: PlannedWindow): Promise<MaintenanceWindowDto> {
    const [count] = await this.store.countsOf([window.scope]);
    return { ...window, device_count: count! };
  }

  private async write<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    const result = await this.database.transaction(async (manager) => {
      const written = await work(manager);
      await this.events.publish({ kind: 'maintenance_changed' }, manager);
      return written;
    });
    this.calendar.forget();
    return result;
  }

  /** After the write; two at once wait for each other, so that both count both. */
  private async refuseTooMany(manager: EntityManager): Promise<void> {
    await manager.query("SELECT pg_advisory_xact_lock(hashtextextended('maintenance-windows', 0))");
    const [counted] = await manager.query<[{ count: number }]>(
      'SELECT count(*)::int AS count FROM maintenance_windows WHERE enabled AND (rrule IS NOT NULL OR ends_at > now())',
    );
    if (counted.count > MAX_WINDOWS) throw new ProblemException('too_many_maintenance_windows');
  }

  private async record(
    what: string,
    request: FastifyRequest,
    manager: EntityManager,
    subjectId: string,
    before?: PlannedWindow,
    after?: PlannedWindow,
  ): Promise<void> {
    const action = `maintenance_window.${what}`;
    await this.audit.record({ request, action, subjectType: 'maintenance_window', subjectId, before, after }, manager);
  }
}

async function find(manager: EntityManager, id: string, lock = false): Promise<MaintenanceWindow> {
  const options = lock ? { lock: { mode: 'pessimistic_write' as const } } : {};
  const window = await manager.findOne(MaintenanceWindow, { where: { id }, ...options });
  if (!window) throw new ProblemException('maintenance_window_not_found');
  return window;
}

function refuse(errors: { path: string; message: string }[]): void {
  if (errors.length > 0) throw invalid(errors);
}

function valuesOf({ starts_at, ends_at, counts_as_downtime, ...rest }: ChangeWindowBody): Partial<MaintenanceWindow> {
  return {
    ...(rest as Partial<MaintenanceWindow>),
    ...(starts_at !== undefined && { startsAt: new Date(starts_at) }),
    ...(ends_at !== undefined && { endsAt: new Date(ends_at) }),
    ...(counts_as_downtime !== undefined && { countsAsDowntime: counts_as_downtime }),
  };
}

function currentOf(window: MaintenanceWindow, now: Date): Occurrence | null {
  return window.enabled ? activeOccurrence(window, now) : null;
}

function present(window: MaintenanceWindow, now: Date): PlannedWindow {
  const current = currentOf(window, now);
  return {
    id: window.id,
    name: window.name,
    description: window.description ?? null,
    scope: window.scope,
    starts_at: window.startsAt.toISOString(),
    ends_at: window.endsAt.toISOString(),
    rrule: window.rrule ?? null,
    timezone: window.timezone,
    collect: window.collect,
    counts_as_downtime: window.countsAsDowntime,
    enabled: window.enabled,
    active: current !== null,
    current: current && presentTimes(current),
    created_by: window.createdBy,
    created_at: window.createdAt.toISOString(),
    updated_at: window.updatedAt.toISOString(),
  };
}

function presentTimes({ start, end }: Occurrence) {
  return { starts_at: start.toISOString(), ends_at: end.toISOString() };
}
