import type { AlertDto } from '../../src/alerts/ledger/alerts.dto.js';
import { StreamTopics } from '../../src/platform/events/stream-topics.service.js';
import type { AlertSeeds } from '../support/alert-seeds.js';
import { eachWithoutAlerts, NOBODY } from '../support/alerts-desk.js';
import type { InventoryLab } from '../support/inventory-lab.js';

describe('alerts over HTTP', () => {
  let lab: InventoryLab;
  let seeds: AlertSeeds;
  let operator: string;
  const { call, names, eventsOf, audited } = eachWithoutAlerts((parts) => ({ lab, seeds, operator } = parts));

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

  it('say that nobody was told while no channel is for them', async () => {
    const [told, untold] = await seeds.add({ target: 'a', announced: true }, { target: 'b', announced: true });
    await lab.database.query('UPDATE alerts SET untold_at = now() WHERE id = $1', [untold]);
    expect((await call('GET', `/${told}`)).data.announced_at).toEqual(expect.any(String));
    expect((await call('GET', `/${untold}`)).data.announced_at).toBeNull();
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
