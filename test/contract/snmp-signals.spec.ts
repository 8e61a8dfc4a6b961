import type { DataSource } from 'typeorm';
import { NOT_APPLICABLE, UNKNOWN } from '../../src/metrics/metric.js';
import { readSettings } from '../../src/platform/config/read-settings.js';
import { SnmpSignalSource } from '../../src/probes/signals/snmp-signal-source.store.js';
import {
  type SnmpAnswer,
  SnmpAgent,
  type SnmpReading,
  type SnmpTarget,
} from '../../src/probes/snmp/snmp-agent.port.js';
import { recordStatements } from '../support/count-statements.js';
import { eachOnFreshDatabase } from '../support/fresh-database.js';
import { signal, valuesOf } from '../support/signal-values.js';
import { SnmpLab } from '../support/snmp-lab.js';

describe('signals', () => {
  let database: DataSource;
  eachOnFreshDatabase((fresh) => (database = fresh));

  describe('of SNMP items', () => {
    class ScriptedAgent extends SnmpAgent {
      readonly says = new Map<string, SnmpReading>();

      async get(_: SnmpTarget, oids: readonly string[]): Promise<SnmpAnswer> {
        const silence: SnmpReading = { kind: 'error', code: 'no_response', message: 'No answer' };
        return { readings: oids.map((oid) => this.says.get(oid) ?? silence), uptimeTicks: null };
      }
    }
    let agent: ScriptedAgent;
    let lab: SnmpLab;
    let source: SnmpSignalSource;

    beforeEach(async () => {
      agent = new ScriptedAgent();
      lab = new SnmpLab(database, agent);
      await lab.prepare();
      source = new SnmpSignalSource(database, readSettings({}));
      const credential = await lab.credential({ kind: 'snmp_v2c', community: 'c' } as never);
      for (const name of ['router', 'bare', 'off']) {
        const device = await lab.device({ name, port: 161, credential });
        if (name === 'bare') continue;
        await lab.item(device, { name: 'load', oid: '1.3.6.1.1' });
        await lab.item(device, { name: 'Load', oid: '1.3.6.1.2' });
        await lab.item(device, { name: 'name', oid: '1.3.6.1.3', value_type: 'text' });
      }
      await database.query(`UPDATE devices SET enabled = false WHERE name = 'off'`);
      agent.says.set('1.3.6.1.1', { kind: 'number', value: 5, bits: null });
      agent.says.set('1.3.6.1.3', { kind: 'text', value: 'a router' });
    });

    const values = (...texts: string[]) => valuesOf(database, source, ...texts);
    const item = `(SELECT i.num FROM monitoring_items i JOIN devices d ON d.id = i.device_id WHERE d.name = 'router' AND i.name = 'load')`;

    it('are told by the exact name of the item, of the devices that have it', async () => {
      await lab.poll();
      const asked = ['snmp.load', 'snmp.Load', 'snmp.name', 'snmp.LOAD', "snmp.o'dd.%", 'min(snmp.load, 60)'];
      expect(await values(...asked)).toEqual({
        // `Load` answers with an error; text is no number and never will be.
        router: [5, UNKNOWN, NOT_APPLICABLE, NOT_APPLICABLE, NOT_APPLICABLE, 5],
        bare: asked.map(() => NOT_APPLICABLE),
      });
    });

    it('are unknown before the first poll, in error and when they are old', async () => {
      expect((await values('snmp.load'))['router']).toEqual([UNKNOWN]);
      await lab.poll();
      agent.says.clear();
      await lab.poll();
      expect((await values('snmp.load', 'max(snmp.load, 300)'))['router']).toEqual([UNKNOWN, UNKNOWN]);
      agent.says.set('1.3.6.1.1', { kind: 'number', value: 6, bits: null });
      await lab.poll();
      expect((await values('snmp.load', 'max(snmp.load, 300)'))['router']).toEqual([6, 6]);
      await database.query(`UPDATE snmp_item_state SET at = now() - interval '181 seconds'`);
      expect((await values('snmp.load', 'max(snmp.load, 300)'))['router']).toEqual([UNKNOWN, UNKNOWN]);
      await database.query(`UPDATE monitoring_items SET interval_seconds = 600`);
      expect((await values('snmp.load'))['router']).toEqual([6]);
      await database.query(`UPDATE monitoring_items SET enabled = false`);
      expect((await values('snmp.load'))['router']).toEqual([NOT_APPLICABLE]);
    });

    it('of a window leave out what failed and what lies before it', async () => {
      await database.query(`INSERT INTO snmp_item_state (item_num, at, value) VALUES (${item}, now(), 40)`);
      await database.query(
        `INSERT INTO snmp_results (ts, item_num, value, status)
         SELECT now() - age * interval '1 second', ${item}, value, CASE WHEN value IS NULL THEN 1 ELSE 0 END
         FROM (VALUES (10, 40), (70, NULL), (130, 20), (190, 10), (250, 1000), (400, 1e200)) AS r (age, value)`,
      );
      const asked = ['avg', 'min', 'max', 'rate'].map((agg) => `${agg}(snmp.load, 200)`);
      const { router } = await values(...asked, 'max(snmp.load, 3600)', 'rate(snmp.load, 60)');
      expect(router?.map((value) => Math.round(value * 1_000) / 1_000)).toEqual([
        23.333,
        10,
        40,
        0.167,
        1_000,
        UNKNOWN,
      ]);
    });

    it('cost one statement', async () => {
      await lab.poll();
      const asked = ['snmp.load', 'snmp.Load', 'avg(snmp.load, 60)', 'rate(snmp.Load, 3600)', 'max(snmp.x, 1)'];
      expect(await recordStatements(database, () => source.read(asked.map(signal)))).toHaveLength(1);
    });
  });
});
