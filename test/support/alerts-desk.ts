import { LedgerApiModule } from '../../src/alerts/ledger/ledger.api.module.js';
import type { AlertDto, AlertEventDto } from '../../src/alerts/ledger/alerts.dto.js';
import type { Notice } from '../../src/platform/events/notice.js';
import { createToken } from '../../src/platform/security/first-admin-token.store.js';
import { AlertSeeds } from './alert-seeds.js';
import { type Called, type InventoryLab, startInventory } from './inventory-lab.js';
import { NoticeListener } from './notice-listener.js';
import { startTestPostgres, type TestPostgres } from './postgres.js';

/** No alert. */
export const NOBODY = '00000000-0000-4000-8000-000000000000';

interface Parts {
  lab: InventoryLab;
  seeds: AlertSeeds;
  listener: NoticeListener;
  /** A token. */
  operator: string;
}

interface AuditRow {
  actor: string;
  action: string;
  subject_id: string | null;
  after: Record<string, unknown>;
}

export interface AlertsDesk {
  /** Below `/alerts`, as an operator. */
  call<T = AlertDto>(method: string, path: string, body?: unknown): Promise<Called<T>>;
  /** Of the targets that a list has. */
  names(query?: string): Promise<string[]>;
  eventsOf(id: string): Promise<AlertEventDto[]>;
  outboxOf(id: string): Promise<{ kind: string }[]>;
  audited(): Promise<AuditRow[]>;
  /** Since the test began. */
  heard(kind: Notice['kind']): Notice[];
}

/** Hooks of a `describe`: one PostgreSQL and one API for all of its tests. No alerts are there when a test begins. */
export function eachWithoutAlerts(begin: (parts: Parts) => void): AlertsDesk {
  let postgres: TestPostgres;
  let lab: InventoryLab;
  let seeds: AlertSeeds;
  let listener: NoticeListener;
  let operator: string;
  beforeAll(async () => {
    postgres = await startTestPostgres();
    const connection = await postgres.createDatabase();
    lab = await startInventory(connection, undefined, { faces: [LedgerApiModule] });
    seeds = new AlertSeeds(lab.database);
    listener = await NoticeListener.on(connection);
    operator = await createToken(lab.database, { name: 'ops', role: 'operator' });
    begin({ lab, seeds, listener, operator });
  });
  beforeEach(async () => {
    await lab.database.query('TRUNCATE alerts, alert_rules, audit_log, devices, sites CASCADE');
    await listener.catchUp();
    listener.heard.length = 0;
  });
  afterAll(async () => {
    await listener?.stop();
    await lab?.close();
    await postgres?.stop();
  }, 60_000);

  const call = <T = AlertDto>(method: string, path: string, body?: unknown) =>
    lab.call<T>(method, `/alerts${path}`, body, operator);
  const names = async (query = '') => {
    const { status, data, detail } = await call<AlertDto[]>('GET', query);
    if (status !== 200) throw new Error(detail);
    return data.map(({ target_name: name }) => name);
  };
  const eventsOf = async (id: string) => (await call<AlertEventDto[]>('GET', `/${id}/events`)).data;
  const outboxOf = (id: string) =>
    lab.database.query<{ kind: string }[]>('SELECT kind FROM alert_outbox WHERE alert_id = $1 ORDER BY id', [id]);
  const audited = () =>
    lab.database.query<AuditRow[]>('SELECT actor, action, subject_id, after FROM audit_log ORDER BY id');
  const heard = (kind: Notice['kind']) => listener.heard.filter((notice) => notice.kind === kind);
  return { call, names, eventsOf, outboxOf, audited, heard };
}
