import type { DataSource } from 'typeorm';
import { NOT_APPLICABLE, type Signal, UNKNOWN } from '../../src/metrics/metric.js';
import { SignalSources } from '../../src/metrics/signal-sources.service.js';
import { readSettings } from '../../src/platform/config/read-settings.js';
import type { ProbeTarget } from '../../src/probes/drivers/probe-driver.port.js';
import { ProbeSignalSource } from '../../src/probes/signals/probe-signal-source.store.js';
import { SnmpSignalSource } from '../../src/probes/signals/snmp-signal-source.store.js';
import { recordStatements } from '../support/count-statements.js';
import { CycleLab } from '../support/cycle-lab.js';
import { eachOnFreshDatabase } from '../support/fresh-database.js';
import { valuesOf } from '../support/signal-values.js';

describe('signals', () => {
  let database: DataSource;
  eachOnFreshDatabase((fresh) => (database = fresh));

  describe('of devices', () => {
    let lab: CycleLab;
    let source: ProbeSignalSource;

    beforeEach(() => {
      lab = new CycleLab(database);
      source = new ProbeSignalSource(database);
    });

    const values = (...texts: string[]) => valuesOf(database, source, ...texts);
    /** Turns of 30 s, the last of them -1: it was due at most 30 s ago. */
    const run = async (from: number, to: number, cycle?: 'checks') => {
      for (let turn = from; turn <= to; turn++) await lab.run(turn, cycle ? { cycle } : {});
      jest.restoreAllMocks();
    };
    const secondsSince = (turn: number) => (Date.now() - lab.dueAt(turn).getTime()) / 1_000;
    const INTERNALS = ['device.state_code', 'device.failing', 'device.flapping'];

    it('tell how long a device is down since its first failed probe, and nothing while that is not confirmed', async () => {
      await lab.add(
        { name: 'up' },
        { name: 'down' },
        { name: 'soft' },
        { name: 'new' },
        { name: 'off', enabled: false },
      );
      lab.drivers.icmp.silent.add('new');
      await run(-6, -5);
      lab.drivers.icmp.dead.add('down');
      await run(-4, -2);
      lab.drivers.icmp.dead.add('soft');
      await run(-1, -1);
      await database.query(`DELETE FROM device_state WHERE device_num = (SELECT num FROM devices WHERE name = 'new')`);
      const { down, ...others } = await values('icmp.down_seconds', 'device.down_seconds', ...INTERNALS);
      expect(others).toEqual({
        up: [0, 0, 0, 0, 0],
        soft: [0, 0, 0, 1, 0],
        new: [UNKNOWN, UNKNOWN, 2, 0, UNKNOWN],
      });
      expect(down?.slice(2)).toEqual([1, 0, 0]);
      expect(down?.[0]).toBe(down?.[1]);
      // A turn more or less would be 30 s.
      expect(Math.abs((down?.[0] ?? 0) - secondsSince(-4))).toBeLessThan(10);
      const { up, ...notUp } = await values('device.up_seconds');
      expect(notUp).toEqual({ down: [0], soft: [0], new: [UNKNOWN] });
      expect(up?.[0]).toBeGreaterThan(secondsSince(-5) - 10);
      expect(up?.[0]).toBeLessThan(secondsSince(-6) + 10);
    });

    it('of one kind of check do not apply to devices of another, nor any to those that are not probed', async () => {
      await lab.profile('agents', { mode: 'snmp_only' });
      await lab.add({ name: 'ping' }, { name: 'port', kind: 'tcp' }, { name: 'agent', profile: 'agents' });
      lab.drivers.icmp.dead.add('ping');
      await run(-3, -1);
      await run(-3, -1, 'checks');
      const asked = [
        'icmp.loss_percent',
        'tcp.loss_percent',
        'http.status',
        'device.loss_percent',
        'device.state_code',
      ];
      expect(await values(...asked)).toEqual({
        ping: [100, NOT_APPLICABLE, NOT_APPLICABLE, 100, 1],
        port: [NOT_APPLICABLE, 0, NOT_APPLICABLE, 0, 0],
        agent: [NOT_APPLICABLE, NOT_APPLICABLE, NOT_APPLICABLE, NOT_APPLICABLE, 2],
      });
    });

    it('of a window are those of the results within it', async () => {
      await lab.add({ name: 'a' }, { name: 'dead' });
      await run(-20, -11);
      lab.drivers.icmp.dead.add('dead');
      await run(-10, -7);
      lab.drivers.icmp.dead.add('a');
      await run(-6, -4);
      lab.drivers.icmp.dead.delete('a');
      await run(-3, -1);
      const asked = ['icmp.loss_percent', 'avg(icmp.loss_percent, 180)', 'min(icmp.loss_percent, 180)'];
      const more = ['max(icmp.loss_percent, 180)', 'avg(icmp.loss_percent, 86400)', 'max(device.loss_percent, 60)'];
      // Six turns lie within 180 s, or five when the last is 30 s old; of `a` three or two of them failed.
      const { a, dead } = await values(...asked, ...more, 'avg(icmp.rtt_ms, 600)', 'icmp.rtt_ms', 'icmp.jitter_ms');
      expect(a?.[0]).toBe(0);
      expect([50, 40]).toContain(a?.[1]);
      expect(a?.slice(2, 4)).toEqual([0, 100]);
      // Of 20 turns that lie within 10 min, or of 19.
      expect([15, 16]).toContain(Math.round(a?.[4] ?? 0));
      expect(a?.slice(5)).toEqual([0, 0.051, 0.051, 0.01]);
      expect(dead?.slice(0, 4)).toEqual([100, 100, 100, 100]);
      // Who did not answer within the window has no times there; before it, it had.
      expect(dead?.slice(5)).toEqual([100, 0.051, UNKNOWN, UNKNOWN]);
      expect((await values('avg(icmp.rtt_ms, 180)'))['dead']).toEqual([UNKNOWN]);
    });

    it('of a window are unknown until half of the results that fit into it have come, or three', async () => {
      await lab.add({ name: 'a' }, { name: 'rare' });
      await run(-60, -50);
      lab.drivers.icmp.dead.add('rare');
      await run(-2, -1);
      await database.query(`UPDATE device_state SET fresh_until = last_at + interval '15 minutes'
        WHERE device_num = (SELECT num FROM devices WHERE name = 'rare')`);
      const asked = ['avg(icmp.loss_percent, 300)', 'max(icmp.rtt_ms, 180)', 'min(device.loss_percent, 90)'];
      expect(await values(...asked)).toEqual({ a: [UNKNOWN, UNKNOWN, 0], rare: [100, UNKNOWN, 100] });
      await run(0, 0);
      expect((await values(...asked))['a']).toEqual([0, 0.051, 0]);
    });

    it('call nobody up who is down, though the clock was set back', async () => {
      await lab.add({ name: 'a' });
      await run(-6, -5);
      lab.drivers.icmp.dead.add('a');
      await run(-4, -1);
      await database.query(`UPDATE device_state SET since = since + interval '1 hour', down_since = down_since + interval '1 hour',
        last_at = last_at + interval '1 hour', fresh_until = fresh_until + interval '1 hour'`);
      expect((await values('icmp.down_seconds'))['a']?.[0]).toBeGreaterThan(0);
    });

    it('are unknown when nobody probed for three intervals, but for how long there was no data', async () => {
      await lab.add({ name: 'a' });
      await run(-20, -10);
      const { a } = await values(
        'device.state_code',
        'icmp.down_seconds',
        'icmp.loss_percent',
        'avg(icmp.loss_percent, 600)',
        'icmp.flaps',
        'device.flapping',
        'device.no_data_seconds',
      );
      expect(a?.slice(0, -1)).toEqual([2, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN]);
      expect(Math.abs((a?.at(-1) ?? 0) - secondsSince(-10))).toBeLessThan(10);
    });

    it('are unknown while the machine is cut off: failures say nothing about devices then', async () => {
      await lab.add(...Array.from({ length: 12 }, (_, index) => ({ name: `d${index}` })));
      await run(-6, -4);
      for (let index = 0; index < 12; index++) lab.drivers.icmp.dead.add(`d${index}`);
      await run(-3, -1);
      const asked = ['icmp.down_seconds', 'icmp.loss_percent', 'max(icmp.loss_percent, 300)', 'icmp.no_data_seconds'];
      const { d0 } = await values(...asked, ...INTERNALS);
      expect(d0).toEqual([UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, 2, 0, UNKNOWN]);
    });

    it('call nobody down behind a parent that is down', async () => {
      await lab.add({ name: 'parent' }, { name: 'child', parent: 'parent' });
      await run(-5, -2);
      lab.drivers.icmp.dead.add('parent').add('child');
      await run(-1, -1);
      expect(await values(...INTERNALS)).toEqual({ parent: [0, 1, 0], child: [0, 1, 0] });
      await run(0, 1);
      const { parent, child } = await values('icmp.down_seconds', 'icmp.loss_percent', ...INTERNALS);
      expect(parent?.slice(1)).toEqual([100, 1, 0, 0]);
      expect(child).toEqual([UNKNOWN, 100, 3, 0, 0]);
    });

    it('count changes between answering and failing', async () => {
      await lab.add({ name: 'calm' }, { name: 'nervous' }, { name: 'once' });
      for (let turn = -20; turn <= -1; turn++) {
        if (turn % 2 === 0) lab.drivers.icmp.dead.add('nervous');
        else lab.drivers.icmp.dead.delete('nervous');
        if (turn === -3) lab.drivers.icmp.dead.add('once');
        await lab.run(turn);
      }
      jest.restoreAllMocks();
      expect(await values('icmp.flaps', 'device.flaps', 'device.flapping')).toEqual({
        calm: [0, 0, 0],
        nervous: [19, 19, 1],
        once: [1, 1, 0],
      });
    });

    it('say how long there was no data: by a silent driver, from the begin on, after a pause, after a maintenance', async () => {
      await lab.add({ name: 'fine' }, { name: 'silent' }, { name: 'never' }, { name: 'again' }, { name: 'left' });
      lab.drivers.icmp.silent.add('never');
      await run(-20, -8);
      lab.drivers.icmp.silent.add('silent');
      const at = (turn: number) => lab.dueAt(turn);
      const [left] = await database.query<[{ num: number }]>(`SELECT num FROM devices WHERE name = 'left'`);
      lab.calendar.windows.set(left.num, {
        since: at(-7),
        until: at(-1),
        collect: false,
        countsAsDowntime: false,
      } as never);
      await run(-7, -2);
      await database.query(`UPDATE devices SET enabled = false WHERE name = 'again'`);
      await run(-1, -1);
      await database.query(`UPDATE devices SET enabled = true, updated_at = now() WHERE name = 'again'`);
      await database.query(`UPDATE devices SET updated_at = $1 WHERE name = 'never'`, [at(-20)]);
      await database.query('UPDATE profiles SET updated_at = $1', [at(-20)]);
      const seconds = await values('icmp.no_data_seconds', 'icmp.loss_percent');
      const expected = { fine: -1, silent: -8, never: -20, left: -1 };
      for (const [name, turn] of Object.entries(expected)) {
        expect(Math.abs((seconds[name]?.[0] ?? 0) - secondsSince(turn))).toBeLessThan(10);
      }
      expect(seconds['again']?.[0]).toBeLessThan(10);
      expect(Object.fromEntries(Object.entries(seconds).map(([name, [, loss]]) => [name, loss]))).toEqual({
        fine: 0,
        silent: UNKNOWN,
        never: UNKNOWN,
        again: UNKNOWN,
        left: 0,
      });
    });

    it('tell the status and the certificate of what HTTP answered', async () => {
      const details: Record<string, object | null> = {
        secure: { http_status: 503, cert_expiry_days: -2 },
        plain: { http_status: 200 },
        mute: { http_status: null },
      };
      const { http } = lab.drivers;
      const probe = http.probe.bind(http);
      jest.spyOn(http, 'probe').mockImplementation(async (targets: readonly ProbeTarget[], options) => {
        const results = await probe(targets, options);
        return results.map((result, index) => ({ ...result, detail: details[targets[index]?.address ?? ''] as never }));
      });
      await lab.add(...Object.keys(details).map((name) => ({ name, kind: 'http' as const })));
      await database.query(`UPDATE devices SET url = 'HTTPS://' || name || '/' WHERE name <> 'plain'`);
      for (let turn = -2; turn <= -1; turn++) await lab.run(turn, { cycle: 'checks' });
      jest.restoreAllMocks();
      expect(await values('http.status', 'http.cert_expiry_days')).toEqual({
        secure: [503, -2],
        plain: [200, NOT_APPLICABLE],
        mute: [UNKNOWN, UNKNOWN],
      });
    });

    it('cost one statement, whatever is asked: every metric with every aggregation and many windows', async () => {
      await lab.add({ name: 'a' }, { name: 'b', kind: 'http' }, { name: 'c', kind: 'tcp' });
      await run(-2, -1);
      await run(-2, -1, 'checks');
      const signals = source.metrics.flatMap(({ name, aggregations }) =>
        aggregations.flatMap((agg): Signal[] => {
          if (agg === 'last') return [{ metric: name, agg, windowSeconds: null }];
          return Array.from({ length: 100 }, (_, index) => ({ metric: name, agg, windowSeconds: 6 * (index + 1) }));
        }),
      );
      expect(signals.length).toBeGreaterThan(2_000);
      const statements = await recordStatements(database, async () => {
        const [reading] = await source.read(signals);
        expect(reading?.columns.map((column) => column.length)).toEqual(signals.map(() => 3));
      });
      expect(statements).toHaveLength(1);
    });

    it('of no device are none', async () => {
      expect(await values('icmp.rtt_ms')).toEqual({});
      expect(await source.read([])).toEqual([]);
    });
  });

  it('are in the catalogue, each once and described', () => {
    const sources = new SignalSources();
    sources.register(new ProbeSignalSource(database));
    sources.register(new SnmpSignalSource(database, readSettings({})));
    const catalogue = sources.catalogue;
    expect(catalogue.map(({ name }) => name)).toContain('http.cert_expiry_days');
    expect(catalogue.filter(({ description }) => description.length < 20)).toEqual([]);
    expect(catalogue.map(({ name }) => name)).not.toContain('device.state_code');
    expect(sources.find('device.state_code')).toMatchObject({ target: 'device' });
    expect(sources.find('snmp.anything')).toMatchObject({ name: 'snmp.*', longestWindowSeconds: 3_600 });
    expect(sources.find('avg.icmp')).toBeUndefined();
  });
});
