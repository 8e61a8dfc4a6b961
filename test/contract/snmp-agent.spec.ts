import { NetSnmpAgent } from '../../src/probes/snmp/net-snmp.client.js';
import type { SnmpCredential } from '../../src/devices/credential.js';
import { COMMUNITY, OWN_OID, Snmpd, snmpdMissing, V3_USER } from '../support/snmpd.js';
import { describeWith } from '../support/requires.js';

const SYS_NAME = '1.3.6.1.2.1.1.5.0';
const v2c = (community = COMMUNITY): SnmpCredential => ({ kind: 'snmp_v2c', community });
const v3 = (changes: { authKey?: string; privKey?: string; user?: string } = {}): SnmpCredential => {
  const { user, authKey, privKey } = { ...V3_USER, ...changes };
  return { kind: 'snmp_v3', user, auth: { protocol: 'sha', key: authKey }, priv: { protocol: 'aes', key: privKey } };
};

describeWith('NetSnmpAgent against snmpd', snmpdMissing, () => {
  const agent = new NetSnmpAgent();
  const forever = new AbortController().signal;
  let snmpd: Snmpd;

  beforeAll(async () => {
    snmpd = await Snmpd.start();
  });
  afterAll(() => snmpd?.stop());

  const get = (oids: string[], credential: SnmpCredential = v2c(), timeoutMs = 10_000, signal = forever) =>
    agent.get({ address: '127.0.0.1', port: snmpd.port, credential, timeoutMs }, oids, signal);

  it.each([
    ['v2c', v2c()],
    ['v3 with authentication and privacy', v3()],
  ])('%s: reads numbers, counters and text in one go, and the uptime', async (_, credential) => {
    snmpd.set({
      1: ['counter', 4_294_967_290],
      2: ['counter64', 18_446_744_073_709_551_610n],
      3: ['integer', -7],
      4: ['string', 'hello'],
    });
    const { readings, uptimeTicks } = await get(
      [SYS_NAME, ...[1, 2, 3, 4].map((index) => `${OWN_OID}.${index}.0`)],
      credential,
    );
    expect(readings).toEqual([
      { kind: 'text', value: 'test-agent' },
      { kind: 'number', value: 4_294_967_290, bits: 32 },
      { kind: 'number', value: 18_446_744_073_709_551_610n, bits: 64 },
      { kind: 'number', value: -7, bits: null },
      { kind: 'text', value: 'hello' },
    ]);
    expect(uptimeTicks).toEqual(expect.any(Number));
  });

  it('reads more items than fit one request', async () => {
    const values = Object.fromEntries(
      Array.from({ length: 100 }, (_, index) => [index + 1, ['gauge', index * 10]]),
    ) as Parameters<Snmpd['set']>[0];
    snmpd.set(values);
    const { readings } = await get(Array.from({ length: 100 }, (_, index) => `${OWN_OID}.${index + 1}.0`));
    expect(readings.map((reading) => 'value' in reading && reading.value)).toEqual(
      Array.from({ length: 100 }, (_, index) => index * 10),
    );
  });

  it('tells what the agent does not know, item by item', async () => {
    const { readings } = await get([SYS_NAME, '1.3.6.1.2.1.99.1.0', '1.3.6.1.2.1.1.5.7']);
    expect(readings).toMatchObject([
      { kind: 'text' },
      { kind: 'error', code: 'no_such_object' },
      { kind: 'error', code: 'no_such_instance' },
    ]);
  });

  it('a wrong community is silence, and the error says what that can be', async () => {
    const { readings } = await get([SYS_NAME, SYS_NAME], v2c('wrong'), 100);
    expect(readings).toHaveLength(2);
    expect(readings[0]).toMatchObject({
      kind: 'error',
      code: 'no_response',
      message: expect.stringContaining('community is wrong'),
    });
  });

  it.each([
    ['user', { user: 'nobody' }],
    ['authentication key', { authKey: 'not-the-right-key' }],
  ])('a wrong v3 %s is told as such', async (_, changes) => {
    const { readings } = await get([SYS_NAME], v3(changes));
    expect(readings).toMatchObject([{ kind: 'error', code: 'authentication_failed' }]);
  });

  it('a wrong privacy key gives an error, not a value', async () => {
    const { readings } = await get([SYS_NAME], v3({ privKey: 'not-the-right-key' }), 300);
    expect(readings[0]).toMatchObject({ kind: 'error' });
  });

  it('ends at once when there is no time left', async () => {
    const limit = new AbortController();
    const asked = get([SYS_NAME], v2c('wrong'), 5_000, limit.signal);
    limit.abort();
    expect((await asked).readings).toMatchObject([{ kind: 'error', code: 'not_polled' }]);
  });

  it('a dead agent is silence', async () => {
    await snmpd.kill();
    expect((await get([SYS_NAME], v2c(), 100)).readings).toMatchObject([{ kind: 'error', code: 'no_response' }]);
    await snmpd.restart();
    expect((await get([SYS_NAME])).readings).toMatchObject([{ kind: 'text' }]);
  });
});
