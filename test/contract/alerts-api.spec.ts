import { randomUUID } from 'node:crypto';
import { LedgerApiModule } from '../../src/alerts/ledger/ledger.api.module.js';
import type { AlertDto, AlertEventDto, BulkAckResult } from '../../src/alerts/ledger/alerts.dto.js';
import type { Notice } from '../../src/platform/events/notice.js';
import { StreamTopics } from '../../src/platform/events/stream-topics.service.js';
import { createToken } from '../../src/platform/security/first-admin-token.store.js';
import { AlertSeeds } from '../support/alert-seeds.js';
import { recordStatements } from '../support/count-statements.js';
import { eventually } from '../support/eventually.js';
import { type InventoryLab, startInventory } from '../support/inventory-lab.js';
import { NoticeListener } from '../support/notice-listener.js';
import { startTestPostgres, type TestPostgres } from '../support/postgres.js';

const NOBODY = '00000000-0000-4000-8000-000000000000';

describe('alerts over HTTP', () => {
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
    lab.database.query<{ actor: string; action: string; subject_id: string | null; after: Record<string, unknown> }[]>(
      'SELECT actor, action, subject_id, after FROM audit_log ORDER BY id',
    );
  const heard = (kind: Notice['kind']) => listener.heard.filter((notice) => notice.kind === kind);

  describe('are listed', () => {
    it('that are open, the latest first, unless another state is asked for', async () => {
      await seeds.add(
        { target: 'old', firedAgo: 300 },
        { target: 'new', firedAgo: 100 },
        { target: 'pending', state: 'pending', pendingAgo: 200 },
        { target: 'gone', state: 'resolved', firedAgo: 50, resolvedAgo: 10 },
      );
      expect(await names()).toEqual(['new', 'pending', 'old']);
      expect(await names('?state=open&sort=fired_at')).toEqual(['old', 'pending', 'new']);
      expect(await names('?state=firing')).toEqual(['new', 'old']);
      expect(await names('?state=pending')).toEqual(['pending']);
      expect(await names('?state=resolved')).toEqual(['gone']);
      expect(await names('?state=all')).toEqual(['gone', 'new', 'pending', 'old']);
      expect(await names('?state=all&sort=resolved_at')).toHaveLength(4);
      expect(await names('?sort=-severity')).toHaveLength(3);
    });

    it('by what they are about', async () => {
      const berlin = await seeds.site('Berlin');
      const mitte = await seeds.site('Mitte', berlin);
      const core = await seeds.device('core', { site: mitte, tags: ['core'] });
      const edge = await seeds.device('edge');
      const rule = await seeds.rule('Device down');
      await seeds.add(
        { target: 'core', device: core, rule, severity: 'critical', summary: 'The core is down' },
        { target: 'edge', device: edge, severity: 'low', suppressedBy: 'parent', firedAgo: 7_200 },
        { target: 'node1', severity: 'high', ack: { by: 'ann', until: 3_600 } },
        { target: 'node2', severity: 'high', ack: { by: 'ann', until: -5 } },
      );
      expect(await names('?severity=critical')).toEqual(['core']);
      expect((await names('?severity=high,low')).sort()).toEqual(['edge', 'node1', 'node2']);
      for (const query of [`rule=${rule}`, 'rule=Device%20down', `device=${core.id}`, 'device=core', 'site=Berlin']) {
        expect(await names(`?${query}`)).toEqual(['core']);
      }
      expect(await names(`?site=${mitte}&tag=CORE`)).toEqual(['core']);
      expect(await names('?q=THE+core')).toEqual(['core']);
      expect(await names('?acknowledged=true')).toEqual(['node1']);
      expect((await names('?acknowledged=false')).sort()).toEqual(['core', 'edge', 'node2']);
      expect(await names('?suppressed_by=parent')).toEqual(['edge']);
      expect(await names('?suppressed_by=none&severity=critical')).toEqual(['core']);
      const hourAgo = new Date(Date.now() - 3_600_000).toISOString();
      expect(await names(`?to=${hourAgo}`)).toEqual(['edge']);
      expect(await names(`?from=${hourAgo}&device=edge`)).toEqual([]);
      expect(await names('?device=nobody')).toEqual([]);
      expect(await names('?sort=-severity&suppressed_by=none&acknowledged=false')).toEqual(['core', 'node2']);
    });

    it('page by page, each once', async () => {
      await seeds.add(...Array.from({ length: 25 }, (_, index) => ({ target: `t${index}`, firedAgo: 60 })));
      const seen: string[] = [];
      for (let cursor: string | null = ''; cursor !== null;) {
        const { body } = await lab.ask(`/api/v1/alerts?limit=10${cursor && `&cursor=${cursor}`}`, {
          headers: { authorization: `Bearer ${operator}` },
        });
        const { data, page } = body as { data: AlertDto[]; page: { next_cursor: string | null; total: number } };
        expect(page.total).toBe(25);
        seen.push(...data.map(({ target_name: name }) => name));
        cursor = page.next_cursor;
      }
      expect(new Set(seen).size).toBe(25);
      expect(seen).toHaveLength(25);
    });

    it.each([
      '?state=open,firing',
      '?severity=bad',
      '?severity=',
      '?acknowledged=yes',
      '?suppressed_by=anything',
      '?from=yesterday',
      '?from=2026-11-21T12:00:00Z&to=2026-11-21T11:00:00Z',
      '?to=0000-01-01T00:00:00Z',
      '?limit=501',
      '?sort=value',
      '?rule=',
      '?colour=red',
    ])('not by %s', async (query) => {
      expect(await call('GET', query)).toMatchObject({ status: 400, code: 'validation_failed' });
    });
  });

  describe('one by one', () => {
    it('are shown with what happened to them', async () => {
      const [id] = await seeds.add({ target: 'a', firedAgo: 60, value: 61.5 });
      const { data } = await call('GET', `/${id}`);
      expect(data).toMatchObject({ id, state: 'firing', value: 61.5, acknowledgement: null, resolution: null });
      expect(data.resolved_by).toBeNull();
      expect(await eventsOf(id)).toMatchObject([{ kind: 'fired', actor: null, detail: null }]);
      expect((await call('GET', `/${id}/events?sort=-at&limit=1&fields=kind`)).data).toEqual([{ kind: 'fired' }]);
    });

    it.each<[method: string, path: string]>([
      ['GET', ''],
      ['GET', '/events'],
      ['POST', '/ack'],
      ['POST', '/unack'],
      ['POST', '/resolve'],
    ])('that are not there are a 404, and no id a 400: %s /alerts/:id%s', async (method, path) => {
      expect(await call(method, `/${NOBODY}${path}`)).toMatchObject({ status: 404, code: 'alert_not_found' });
      expect(await call(method, `/7${path}`)).toMatchObject({ status: 400, code: 'validation_failed' });
    });

    it('are acted on by operators only', async () => {
      const [id] = await seeds.add({ target: 'a' });
      for (const action of [`/${id}/ack`, `/${id}/unack`, `/${id}/resolve`, '/bulk/ack']) {
        const answer = await lab.call('POST', `/alerts${action}`, {}, lab.viewer);
        expect(answer).toMatchObject({ status: 403, code: 'access_denied' });
      }
      expect((await lab.call('GET', `/alerts/${id}`, undefined, lab.viewer)).status).toBe(200);
      expect(await audited()).toEqual([]);
    });
  });

  describe('are acknowledged', () => {
    it('by whoever asks, and all who watch are told', async () => {
      const [id] = await seeds.add({ target: 'a' });
      const { status, data } = await call('POST', `/${id}/ack`);
      expect(status).toBe(200);
      expect(data.acknowledgement).toMatchObject({ by: 'ops', until: null, sticky: false, comment: null });
      expect(await eventsOf(id)).toMatchObject([
        { kind: 'fired' },
        { kind: 'acknowledged', actor: 'ops', detail: { until: null, sticky: false, comment: null } },
      ]);
      expect(await audited()).toMatchObject([
        {
          actor: 'ops',
          action: 'alert.acknowledged',
          subject_id: id,
          after: { state: 'firing', acknowledgement: { by: 'ops' } },
        },
      ]);
      const last = Number((await eventsOf(id)).at(-1)?.id);
      await eventually(() => expect(heard('alerts_changed')).toMatchObject([{ first: last, last, count: 1 }]));
      await listener.catchUp();
      expect(heard('deliveries_due')).toEqual([]);
      expect(await outboxOf(id)).toEqual([]);
    });

    it('until a time or for a while, and anew by somebody else', async () => {
      const [id] = await seeds.add({ target: 'a' });
      const until = '2999-01-01T00:00:00.000Z';
      const first = await call('POST', `/${id}/ack`, { until, sticky: true, comment: ' On my way ' });
      expect(first.data.acknowledgement).toMatchObject({ until, sticky: true, comment: 'On my way' });
      expect((await eventsOf(id)).at(-1)?.detail).toEqual({ until, sticky: true, comment: 'On my way' });
      const second = await lab.call<AlertDto>('POST', `/alerts/${id}/ack`, { duration_seconds: 3_600 });
      expect(second.data.acknowledgement).toMatchObject({ by: 'admin', sticky: false, comment: null });
      const left = Date.parse(second.data.acknowledgement?.until ?? '') - Date.now();
      expect(Math.abs(left - 3_600_000)).toBeLessThan(60_000);
    });

    it('not when they have not fired or are over', async () => {
      const [pending, resolved] = await seeds.add(
        { target: 'a', state: 'pending' },
        { target: 'b', state: 'resolved', resolvedAgo: 5 },
      );
      for (const action of ['ack', 'resolve']) {
        expect(await call('POST', `/${pending}/${action}`)).toMatchObject({ status: 409, code: 'alert_pending' });
        expect(await call('POST', `/${resolved}/${action}`)).toMatchObject({ status: 409, code: 'alert_resolved' });
      }
      expect(await audited()).toEqual([]);
    });

    it.each<[string, unknown]>([
      ['a time that is past', { until: '2020-01-01T00:00:00Z' }],
      ['a time and a while', { until: '2999-01-01T00:00:00Z', duration_seconds: 5 }],
      ['no while at all', { duration_seconds: 0 }],
      ['a while that is too long', { duration_seconds: 1e12 }],
      ['half a second', { duration_seconds: 0.5 }],
      ['a time PostgreSQL has not', { until: '+275760-09-13T00:00:00Z' }],
      ['a comment that never ends', { comment: 'x'.repeat(2_001) }],
      ['a comment that is none', { comment: 7 }],
      ['what there is not', { forever: true }],
      ['no object', []],
    ])('not with %s', async (_, body) => {
      const [id] = await seeds.add({ target: 'a' });
      expect(await call('POST', `/${id}/ack`, body)).toMatchObject({ status: 400, code: 'validation_failed' });
      expect(
        await call('POST', '/bulk/ack', Array.isArray(body) ? body : { ids: [id], ...(body as object) }),
      ).toMatchObject({
        status: 400,
        code: 'validation_failed',
      });
      expect((await call('GET', `/${id}`)).data.acknowledgement).toBeNull();
      expect(await eventsOf(id)).toHaveLength(1);
    });

    it('and that is taken back', async () => {
      const [id, other, known] = await seeds.add(
        { target: 'a' },
        { target: 'b' },
        { target: 'c', announced: true, ack: { by: 'ann' } },
      );
      await call('POST', `/${id}/ack`, { sticky: true, duration_seconds: 60 });
      expect((await call('POST', `/${id}/unack`)).data).toMatchObject({ acknowledgement: null, state: 'firing' });
      expect((await eventsOf(id)).at(-1)).toMatchObject({
        kind: 'unacknowledged',
        actor: 'ops',
        detail: { by: 'ops' },
      });
      const [row] = await lab.database.query<object[]>(
        'SELECT ack_by, ack_at, ack_until, ack_sticky, ack_comment FROM alerts WHERE id = $1',
        [id],
      );
      expect(row).toEqual({ ack_by: null, ack_at: null, ack_until: null, ack_sticky: false, ack_comment: null });
      for (const one of [id, other]) {
        expect(await call('POST', `/${one}/unack`)).toMatchObject({ status: 409, code: 'alert_not_acknowledged' });
      }
      await eventually(() => expect(heard('alerts_changed')).toHaveLength(2));
      // A channel may not have heard of it before; to nobody at all the evaluator tells it.
      await call('POST', `/${known}/unack`);
      expect([await outboxOf(known), await outboxOf(id)]).toEqual([[{ kind: 'firing' }], []]);
    });

    it('and of a resolved one, what the next of its kind would inherit', async () => {
      const [sticky, plain] = await seeds.add(
        { target: 'a', state: 'resolved', resolvedAgo: 5, ack: { by: 'ann', sticky: true } },
        { target: 'b', state: 'resolved', resolvedAgo: 5, ack: { by: 'ann' } },
      );
      const { data } = await call('POST', `/${sticky}/unack`);
      expect(data).toMatchObject({ state: 'resolved', acknowledgement: { by: 'ann', sticky: false } });
      expect(await call('POST', `/${sticky}/unack`)).toMatchObject({ code: 'alert_not_acknowledged' });
      expect(await call('POST', `/${plain}/unack`)).toMatchObject({ code: 'alert_not_acknowledged' });
    });
  });

  it('say that nobody was told while no channel is for them', async () => {
    const [told, untold] = await seeds.add({ target: 'a', announced: true }, { target: 'b', announced: true });
    await lab.database.query('UPDATE alerts SET untold_at = now() WHERE id = $1', [untold]);
    expect((await call('GET', `/${told}`)).data.announced_at).toEqual(expect.any(String));
    expect((await call('GET', `/${untold}`)).data.announced_at).toBeNull();
  });

  describe('are resolved by hand', () => {
    it('and who was told that they fire is told', async () => {
      const [told, untold] = await seeds.add({ target: 'a', announced: true }, { target: 'b' });
      const { data } = await call('POST', `/${told}/resolve`, { comment: 'Replaced' });
      expect(data).toMatchObject({ state: 'resolved', resolution: 'manual', resolved_by: 'ops' });
      expect((await call('GET', `/${told}`)).data).toEqual(data);
      expect(Math.abs(Date.parse(data.resolved_at ?? '') - Date.now())).toBeLessThan(60_000);
      expect((await eventsOf(told)).at(-1)).toMatchObject({
        kind: 'resolved',
        actor: 'ops',
        detail: { resolution: 'manual', comment: 'Replaced' },
      });
      expect(await outboxOf(told)).toEqual([{ kind: 'resolved' }]);
      await eventually(() => expect(heard('deliveries_due')).toHaveLength(1));
      expect((await call('POST', `/${untold}/resolve`)).status).toBe(200);
      expect(await outboxOf(untold)).toEqual([]);
      await eventually(() => expect(heard('alerts_changed')).toHaveLength(2));
      await listener.catchUp();
      expect(heard('deliveries_due')).toHaveLength(1);
      expect((await audited()).map(({ action }) => action)).toEqual(['alert.resolved', 'alert.resolved']);
    });

    it('once, however many do it at once', async () => {
      const [id] = await seeds.add({ target: 'a', announced: true });
      const answers = await Promise.all(Array.from({ length: 5 }, () => call('POST', `/${id}/resolve`)));
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409, 409]);
      expect(await outboxOf(id)).toHaveLength(1);
      expect(await eventsOf(id)).toHaveLength(2);
    });

    it('never before they fired, whatever the clock says', async () => {
      const [id] = await seeds.add({ target: 'a', firedAgo: -600 });
      const { data } = await call('POST', `/${id}/resolve`);
      expect(data.resolved_at).toBe(data.fired_at);
    });
  });

  describe('are acknowledged in bulk', () => {
    const bulk = (body: unknown) => call<BulkAckResult>('POST', '/bulk/ack', body);

    it('by their ids: the answer names those that are not', async () => {
      const [a, b, pending, resolved] = await seeds.add(
        { target: 'a' },
        { target: 'b', ack: { by: 'ann' } },
        { target: 'c', state: 'pending' },
        { target: 'd', state: 'resolved', resolvedAgo: 5 },
      );
      const { status, data } = await bulk({
        ids: [a.toUpperCase(), b, a, pending, resolved, NOBODY],
        comment: 'Power cut',
        duration_seconds: 60,
      });
      expect(status).toBe(200);
      expect(data).toMatchObject({ acknowledged: 2, not_found: [NOBODY], more: false });
      expect(data.not_firing.sort()).toEqual([pending, resolved].sort());
      for (const id of [a, b]) {
        expect((await call('GET', `/${id}`)).data.acknowledgement).toMatchObject({ by: 'ops', comment: 'Power cut' });
        expect((await eventsOf(id)).at(-1)).toMatchObject({ kind: 'acknowledged', detail: { comment: 'Power cut' } });
      }
      const [entry] = await audited();
      expect(entry).toMatchObject({ action: 'alert.bulk_acknowledged', subject_id: null, after: { count: 2 } });
      await eventually(() => expect(heard('alerts_changed')).toMatchObject([{ count: 2 }]));
    });

    it('by a filter: those that fire and that nobody has acknowledged', async () => {
      const site = await seeds.site('Berlin');
      const device = await seeds.device('core', { site });
      const [there, , taken] = await seeds.add(
        { target: 'core', device },
        { target: 'elsewhere' },
        { target: 'core', device, ack: { by: 'ann' } },
        { target: 'core', device, state: 'pending' },
      );
      const filter = { site: 'Berlin', q: 'core', severity: ['critical'], from: '2020-01-01T00:00:00Z' };
      expect((await bulk({ filter, sticky: true })).data).toEqual({
        acknowledged: 1,
        not_firing: [],
        not_found: [],
        more: false,
      });
      expect((await call('GET', `/${there}`)).data.acknowledgement).toMatchObject({ by: 'ops', sticky: true });
      expect((await call('GET', `/${taken}`)).data.acknowledgement).toMatchObject({ by: 'ann' });
      expect((await bulk({ filter })).data.acknowledged).toBe(0);
      expect(await audited()).toHaveLength(1);
    });

    it('in as many statements for 500 as for one', async () => {
      const [one, ...many] = await seeds.add(...Array.from({ length: 501 }, (_, index) => ({ target: `t${index}` })));
      const counted = async (ids: string[]) =>
        (await recordStatements(lab.database, () => bulk({ ids }))).filter((text) => !/api_tokens/.test(text)).length;
      const few = await counted([one!]);
      expect(few).toBeLessThanOrEqual(4);
      expect(await counted(many)).toBe(few);
      expect(await names('?acknowledged=false')).toEqual([]);
    });

    it('while others resolve and acknowledge them, without an error', async () => {
      const ids = await seeds.add(
        ...Array.from({ length: 60 }, (_, index) => ({ target: `t${index}`, announced: true })),
      );
      const answers = await Promise.all([
        bulk({ ids }),
        bulk({ ids: ids.toReversed() }),
        bulk({ filter: { q: 't' } }),
        ...ids.slice(0, 10).map((id) => call('POST', `/${id}/resolve`)),
      ]);
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
      expect(await names('?state=resolved')).toHaveLength(10);
    });

    it('while what is told of them is planned, like one by one', async () => {
      const [one, ...many] = await seeds.add({ target: 'a' }, { target: 'b' }, { target: 'c' });
      const planner = lab.database.createQueryRunner();
      await planner.startTransaction();
      // As rows that refer to them do.
      await planner.query('SELECT FROM alerts FOR KEY SHARE');
      const answers = [
        await call('POST', `/${one}/ack`, {}),
        await bulk({ ids: many }),
        await bulk({ filter: { q: 'a' } }),
      ];
      await planner.rollbackTransaction();
      await planner.release();
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    });

    it.each<[string, unknown]>([
      ['nothing', {}],
      ['ids and a filter', { ids: [NOBODY], filter: { site: 'Berlin' } }],
      ['no ids', { ids: [] }],
      ['too many ids', { ids: Array.from({ length: 1_001 }, () => randomUUID()) }],
      ['what are no ids', { ids: ['7'] }],
      ['an empty filter', { filter: {} }],
      ['an unknown filter', { filter: { state: 'resolved' } }],
      ['a time that ends before it begins', { filter: { from: '2026-11-21T12:00:00Z', to: '2026-11-21T11:00:00Z' } }],
    ])('not by %s', async (_, body) => {
      expect(await bulk(body)).toMatchObject({ status: 400, code: 'validation_failed' });
    });

    it('at a path that is no id', async () => {
      const { errors } = await bulk({});
      expect(errors?.map(({ path }) => path)).toEqual(['ids']);
      expect((await call('GET', '/bulk')).errors).toMatchObject([{ path: 'id' }]);
    });
  });

  describe('are told on the stream', () => {
    const translate = (first: number, last: number) =>
      lab.app.get(StreamTopics, { strict: false }).translate({ kind: 'alerts_changed', first, last, count: 1 });

    it('with what they are now, each event once', async () => {
      const [id] = await seeds.add({ target: 'a' });
      await call('POST', `/${id}/ack`);
      const [fired, acked] = (await eventsOf(id)).map((event) => Number(event.id)) as [number, number];
      expect(await translate(acked, acked)).toMatchObject([
        {
          event: 'alert.changed',
          data: { alert_id: id, kind: 'acknowledged', actor: 'ops', state: 'firing', acknowledged: true },
        },
      ]);
      // Two writers at once: the range of the other holds what was told already.
      expect(await translate(fired, acked)).toMatchObject([{ data: { kind: 'fired' } }]);
      expect(await translate(fired, acked)).toEqual([]);
    });

    it('as a whole when they are too many', async () => {
      const ids = await seeds.add(...Array.from({ length: 600 }, (_, index) => ({ target: `t${index}` })));
      expect(ids).toHaveLength(600);
      const [range] = await lab.database.query<[{ first: number; last: number }]>(
        'SELECT min(id)::float8 AS first, max(id)::float8 AS last FROM alert_events',
      );
      for (let time = 0; time < 2; time++) expect(await translate(range.first, range.last)).toHaveLength(501);
    });
  });
});
