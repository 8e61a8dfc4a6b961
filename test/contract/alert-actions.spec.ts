import { randomUUID } from 'node:crypto';
import type { AlertDto, BulkAckResult } from '../../src/alerts/ledger/alerts.dto.js';
import type { AlertSeeds } from '../support/alert-seeds.js';
import { eachWithoutAlerts, NOBODY } from '../support/alerts-desk.js';
import { recordStatements } from '../support/count-statements.js';
import { eventually } from '../support/eventually.js';
import type { InventoryLab } from '../support/inventory-lab.js';
import type { NoticeListener } from '../support/notice-listener.js';

describe('alerts over HTTP', () => {
  let lab: InventoryLab;
  let seeds: AlertSeeds;
  let listener: NoticeListener;
  const { call, names, eventsOf, outboxOf, audited, heard } = eachWithoutAlerts(
    (parts) => ({ lab, seeds, listener } = parts),
  );

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
});
