import { createSocket, type Socket } from 'node:dgram';
import { Logger } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import type { SnmpCredential } from '../../src/devices/credential.js';
import { NetSnmpAgent } from '../../src/probes/snmp/net-snmp.client.js';
import { SnmpAgent } from '../../src/probes/snmp/snmp-agent.port.js';
import { recordStatements } from '../support/count-statements.js';
import { eventually } from '../support/eventually.js';
import { startTestPostgres, type TestPostgres } from '../support/postgres.js';
import { describeWith } from '../support/requires.js';
import { SnmpLab } from '../support/snmp-lab.js';
import { COMMUNITY, OWN_OID, Snmpd, snmpdMissing, V3_USER } from '../support/snmpd.js';

const SYS_NAME = '1.3.6.1.2.1.1.5.0';
const own = (index: number) => `${OWN_OID}.${index}.0`;
const v2c = (community = COMMUNITY): SnmpCredential => ({ kind: 'snmp_v2c', community });
const v3: SnmpCredential = {
  kind: 'snmp_v3',
  user: V3_USER.user,
  auth: { protocol: 'sha', key: V3_USER.authKey },
  priv: { protocol: 'aes', key: V3_USER.privKey },
};

/** net-snmp that counts, and lets a test do something while it asks. */
class WatchedAgent extends SnmpAgent {
  readonly asked: string[] = [];
  meanwhile: () => Promise<unknown> = async () => undefined;
  private readonly real = new NetSnmpAgent();

  async get(...[target, oids, signal]: Parameters<SnmpAgent['get']>) {
    this.asked.push(`${target.address} ${oids.length}`);
    const answer = await this.real.get(target, oids, signal);
    await this.meanwhile();
    return answer;
  }
}

describeWith('SNMP polls', snmpdMissing, () => {
  let postgres: TestPostgres;
  let snmpd: Snmpd;
  let database: DataSource;
  let agent: WatchedAgent;
  let lab: SnmpLab;

  beforeAll(async () => {
    Logger.overrideLogger(false);
    [postgres, snmpd] = await Promise.all([startTestPostgres(), Snmpd.start()]);
  });
  afterAll(async () => {
    await snmpd?.stop();
    await postgres?.stop();
  });
  beforeEach(async () => {
    database = await postgres.openDataSource();
    agent = new WatchedAgent();
    lab = new SnmpLab(database, agent);
    await lab.prepare();
  });
  afterEach(() => database?.destroy());

  const device = async (credential: SnmpCredential = v2c()) => {
    const credentialId = await lab.credential(credential);
    const id = await lab.device({ name: 'live', port: snmpd.port, credential: credentialId });
    return { id, credentialId };
  };
  const ticks = async (name: string) => Number((await lab.states())[name]!.uptime_ticks);
  /** Until the agent's clock has moved on by that much since the last poll of the item. */
  const untilLater = async (name: string, seconds = 1) => {
    const { at } = (await lab.states())[name]!;
    await eventually(() => expect(Date.now() - at!.getTime()).toBeGreaterThan(seconds * 1_000));
  };

  it.each([
    ['v2c', v2c()],
    ['v3 with authentication and privacy', v3],
  ])('%s: all items of a device in one request, each with its own outcome', async (_, credential) => {
    snmpd.set({ 1: ['gauge', 42], 2: ['string', 'n/a'], 3: ['counter64', 18_446_744_073_709_551_615n] });
    const { id } = await device(credential);
    await lab.item(id, { name: 'gauge', oid: own(1) });
    await lab.item(id, { name: 'text', oid: SYS_NAME, value_type: 'text' });
    await lab.item(id, { name: 'no number', oid: own(2) });
    await lab.item(id, { name: 'unknown', oid: own(9) });
    await lab.item(id, { name: 'rate', oid: own(3), transform: 'rate' });
    expect(await lab.poll()).toEqual({
      kind: 'done',
      targets: 1,
      answered: 1,
      failed: 0,
      unknown: 0,
      items: 5,
      errors: 2,
    });
    expect(agent.asked).toEqual(['127.0.0.1 5']);
    expect(await lab.states()).toMatchObject({
      gauge: { value: 42, text_value: null, error: null, at: expect.any(Date) },
      text: { value: null, text_value: 'test-agent', error: null },
      'no number': { value: null, error: 'not_a_number', error_detail: 'The agent answered with "n/a".' },
      unknown: { error: 'no_such_instance', error_since: expect.any(Date), at: null },
      rate: { value: null, error: null },
    });
    expect(await lab.history('gauge')).toEqual([{ value: 42, status: 0 }]);
    expect(await lab.history('text')).toEqual([]);
    expect(await lab.history('rate')).toEqual([{ value: null, status: 2 }]);
    expect(await lab.history('unknown')).toEqual([{ value: null, status: 1 }]);
  });

  it('a counter that wraps has the right rate', async () => {
    snmpd.set({ 1: ['counter', 4_294_967_290] });
    const { id } = await device();
    await lab.item(id, { name: 'in', oid: own(1), transform: 'rate' });
    await lab.poll();
    const before = await ticks('in');
    snmpd.set({ 1: ['counter', 494] });
    await untilLater('in');
    await lab.poll();
    const seconds = ((await ticks('in')) - before) / 100;
    expect((await lab.states())['in']!.value).toBeCloseTo(500 / seconds, 6);
  });

  it('after the agent started again there is no rate, and then the right one', async () => {
    snmpd.set({ 1: ['counter', 5_000] });
    const { id } = await device();
    await lab.item(id, { name: 'in', oid: own(1), transform: 'rate' });
    await lab.poll();
    await untilLater('in', 1.5);
    await lab.poll();
    expect((await lab.states())['in']).toMatchObject({ value: 0 });
    snmpd.set({ 1: ['counter', 7_000] });
    await snmpd.restart();
    await lab.poll();
    expect((await lab.states())['in']).toMatchObject({ value: null, error: null });
    const before = await ticks('in');
    snmpd.set({ 1: ['counter', 7_300] });
    await untilLater('in');
    await lab.poll();
    expect((await lab.states())['in']!.value).toBeCloseTo(300 / (((await ticks('in')) - before) / 100), 6);
    expect((await lab.history('in')).map(({ status }) => status)).toEqual([2, 0, 2, 0]);
  });

  it('a wrong community is an error of each item, with its words; the value before stays, and it recovers', async () => {
    snmpd.set({ 1: ['gauge', 42] });
    const { id, credentialId } = await device();
    await lab.item(id, { name: 'gauge', oid: own(1) });
    await lab.item(id, { name: 'text', oid: SYS_NAME, value_type: 'text' });
    await lab.poll();
    const { at } = (await lab.states())['gauge']!;
    lab.change(credentialId, v2c('wrong'));
    expect(await lab.poll(5)).toMatchObject({ kind: 'done', items: 0 });
    await database.query('UPDATE monitoring_items SET interval_seconds = 5');
    expect(await lab.poll(5)).toMatchObject({ answered: 0, failed: 1, errors: 2 });
    const failed = (await lab.states())['gauge']!;
    expect(failed).toMatchObject({
      value: 42,
      at,
      error: 'no_response',
      error_detail: expect.stringContaining('the community is wrong'),
    });
    await lab.poll(5);
    expect((await lab.states())['gauge']).toMatchObject({ error: 'no_response', error_since: failed.error_since });
    lab.change(credentialId, v2c());
    expect(await lab.poll(5)).toMatchObject({ answered: 1, errors: 0 });
    expect(await lab.states()).toMatchObject({
      gauge: { value: 42, error: null, error_detail: null, error_since: null },
      text: { text_value: 'test-agent', error: null },
    });
    expect((await lab.history('gauge')).map(({ status }) => status)).toEqual([0, 1, 1, 0]);
  }, 30_000);

  describe('with 100 silent agents', () => {
    let silent: Socket;
    beforeEach(async () => {
      // Takes every request and answers none; other addresses of the loopback have nothing on the port at all.
      silent = createSocket('udp4');
      await new Promise<void>((resolve) => silent.bind(0, '127.0.5.1', resolve));
    });
    afterEach(() => silent.close());

    it('the one that lives is polled, and the turn ends within its interval', async () => {
      snmpd.set({ 1: ['gauge', 7] });
      const credential = await lab.credential(v2c());
      for (let index = 0; index < 100; index++) {
        const ip = `127.0.5.${index < 50 ? 1 : index}`;
        const id = await lab.device({ name: `silent ${index}`, ip, port: silent.address().port, credential });
        await lab.item(id, { name: `silent ${index}`, oid: own(1), interval_seconds: 5 });
      }
      const id = await lab.device({ name: 'live', port: snmpd.port, credential });
      await lab.item(id, { name: 'live', oid: own(1), interval_seconds: 5 });
      for (const value of [7, 8]) {
        snmpd.set({ 1: ['gauge', value] });
        const began = performance.now();
        expect(await lab.poll(5)).toEqual({
          kind: 'done',
          targets: 101,
          answered: 1,
          failed: 100,
          unknown: 0,
          items: 101,
          errors: 100,
        });
        expect(performance.now() - began).toBeLessThan(5_000);
        const { live, ...others } = await lab.states();
        expect(live).toMatchObject({ value, error: null });
        expect(new Set(Object.values(others).map(({ error }) => error))).toEqual(new Set(['no_response']));
      }
      // Those that were silent go last: who answers is not held up.
      expect(agent.asked[101]).toBe('127.0.0.1 1');
    }, 30_000);

    it('one that was silent and gets no turn is still silent', async () => {
      const credential = await lab.credential(v2c());
      const id = await lab.device({ name: 'silent', ip: '127.0.5.1', port: silent.address().port, credential });
      await lab.item(id, { name: 'silent', oid: own(1), interval_seconds: 5 });
      await lab.poll(5);
      const stop = new AbortController();
      // Not a stop of the worker, but the end of the time for agents.
      jest.spyOn(AbortSignal, 'timeout').mockReturnValueOnce(stop.signal);
      stop.abort();
      expect(await lab.poll(5)).toMatchObject({ unknown: 1 });
      expect((await lab.states())['silent']).toMatchObject({ error: 'no_response' });
      jest.restoreAllMocks();
    }, 15_000);
  });

  it('writes nothing for an item that asks for something else by now, or is gone', async () => {
    snmpd.set({ 1: ['gauge', 1], 2: ['gauge', 2], 3: ['gauge', 3], 4: ['gauge', 4] });
    const { id } = await device();
    for (const [index, name] of ['stays', 'moved', 'rated', 'gone'].entries()) {
      await lab.item(id, { name, oid: own(index + 1) });
    }
    agent.meanwhile = async () => {
      await database.query(`UPDATE monitoring_items SET oid = $1 WHERE name = 'moved'`, [own(7)]);
      await database.query(`UPDATE monitoring_items SET transform = 'rate' WHERE name = 'rated'`);
      await database.query(`DELETE FROM monitoring_items WHERE name = 'gone'`);
    };
    expect(await lab.poll()).toMatchObject({ kind: 'done', items: 4 });
    expect(Object.keys(await lab.states())).toEqual(['stays']);
    expect(await database.query('SELECT count(*)::int AS n FROM snmp_results')).toEqual([{ n: 1 }]);
  });

  it('does not wait for an item that is being changed', async () => {
    snmpd.set({ 1: ['gauge', 1], 2: ['gauge', 2] });
    const { id } = await device();
    await lab.item(id, { name: 'stays', oid: own(1) });
    await lab.item(id, { name: 'held', oid: own(2) });
    const holder = database.createQueryRunner();
    await holder.startTransaction();
    await holder.query(`SELECT FROM monitoring_items WHERE name = 'held' FOR UPDATE`);
    await lab.poll();
    await holder.rollbackTransaction();
    await holder.release();
    expect(Object.keys(await lab.states())).toEqual(['stays']);
  });

  it('writes a turn once, in four statements, and notes the turns that nobody ran', async () => {
    snmpd.set({ 1: ['gauge', 1] });
    const { id } = await device();
    await lab.item(id, { name: 'gauge', oid: own(1), interval_seconds: 600 });
    const now = Math.floor(Date.now() / 1_000) * 1_000;
    const due = new Date(now - 10_000);
    const before = (turns: number) => new Date(due.getTime() - turns * 600_000);
    await database.query(
      `INSERT INTO cycles (kind, shard, due_at, recorded_at) VALUES ('snmp-600', 0, $1, now()), ('snmp-600', 1, $2, now())`,
      [before(5), before(1)],
    );
    await database.query(`UPDATE profiles SET updated_at = now() - interval '1 day'`);
    await database.query(`UPDATE devices SET updated_at = now() - interval '1 day'`);
    await database.query(`UPDATE monitoring_items SET updated_at = $1`, [before(2.5)]);
    const statements = await recordStatements(database, () => lab.pollAt(due, 600));
    const begin = statements.indexOf('START TRANSACTION');
    expect(statements.slice(begin)).toHaveLength(4);
    expect(await lab.pollAt(due, 600)).toEqual({ kind: 'repeated' });
    expect(await lab.history('gauge')).toHaveLength(1);
    // Since the item was changed.
    expect(await database.query('SELECT shard, due_at, reason FROM cycle_misses ORDER BY due_at')).toEqual(
      [2, 1].map((turns) => ({ shard: 0, due_at: before(turns), reason: 'not_run' })),
    );
    expect(await database.query(`SELECT * FROM cycles WHERE targets IS NOT NULL`)).toMatchObject([
      {
        kind: 'snmp-600',
        shard: 0,
        due_at: due,
        interval_seconds: 600,
        targets: 1,
        answered: 1,
        failed: 0,
        unknown: 0,
      },
    ]);
  });

  it('the first turn of a schedule has missed none', async () => {
    await lab.item((await device()).id, { name: 'text', oid: SYS_NAME, value_type: 'text' });
    for (const table of ['profiles', 'devices', 'monitoring_items']) {
      await database.query(`UPDATE ${table} SET updated_at = now() - interval '1 day'`);
    }
    expect(await lab.poll()).toMatchObject({ kind: 'done', answered: 1 });
    expect(await database.query('SELECT FROM cycle_misses')).toEqual([]);
  });

  it('a turn that is found late, or while the one before runs, is a miss', async () => {
    const { id } = await device();
    await lab.item(id, { name: 'text', oid: SYS_NAME, value_type: 'text' });
    const dueAt = new Date(Date.now() - 50_000);
    expect(await lab.pollAt(dueAt)).toEqual({ kind: 'late' });
    const meanwhile: unknown[] = [];
    const second = new Date(Date.now() + 1_000);
    agent.meanwhile = async () => meanwhile.push(await lab.pollAt(second));
    expect(await lab.poll()).toMatchObject({ kind: 'done', answered: 1 });
    expect(meanwhile).toEqual([{ kind: 'overlap' }]);
    expect(await database.query('SELECT kind, due_at, reason FROM cycle_misses ORDER BY due_at')).toEqual([
      { kind: 'snmp-60', due_at: dueAt, reason: 'late' },
      { kind: 'snmp-60', due_at: second, reason: 'overlap' },
    ]);
  });

  it('a device without a credential, and one whose name does not resolve, say so', async () => {
    const { id } = await device();
    await lab.item(id, { name: 'gauge', oid: own(1) });
    await database.query(`UPDATE devices SET ip = 'no-such-host.invalid'`);
    await lab.poll();
    expect(await lab.states()).toMatchObject({ gauge: { error: 'unresolvable' } });
    await database.query('UPDATE devices SET snmp_credential_id = NULL');
    await lab.poll();
    expect(await lab.states()).toMatchObject({ gauge: { error: 'no_credential' } });
    await database.query('UPDATE devices SET enabled = false');
    expect(await lab.poll()).toMatchObject({ kind: 'done', items: 0 });
  });
});
