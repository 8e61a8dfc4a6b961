import type { CredentialVault } from '../../src/devices/items/credential-vault.store.js';
import type { SnmpCredential } from '../../src/devices/credential.js';
import { AgentNames } from '../../src/probes/snmp/agent-names.service.js';
import { NetSnmpAgent } from '../../src/probes/snmp/net-snmp.client.js';
import { COMMUNITY, Snmpd, snmpdMissing } from '../support/snmpd.js';
import { describeWith } from '../support/requires.js';

const credentials = new Map<string, SnmpCredential>([['known', { kind: 'snmp_v2c', community: COMMUNITY }]]);
const vault = {
  reveal: async (ids: string[]) => new Map([...credentials].filter(([id]) => ids.includes(id))),
} as CredentialVault;
const PORT_161 = process.getuid?.() === 0 ? null : 'port 161 needs root';

describeWith('names of agents', snmpdMissing ?? PORT_161, () => {
  const names = new AgentNames(new NetSnmpAgent(), vault);
  const forever = new AbortController().signal;
  const address = `127.61.${process.pid % 250}.7`;
  let snmpd: Snmpd;

  beforeAll(async () => {
    snmpd = await Snmpd.start({ address, port: 161 });
  });
  afterAll(() => snmpd?.stop());

  /** Nobody answers there. */
  const silent = (count: number) => Array.from({ length: count }, (_, index) => `127.62.${index >> 8}.${index & 255}`);

  it('has those that answer, and waits a second for the others', async () => {
    const began = performance.now();
    const found = await names.namesOf([...silent(200), address], 'known', 20_000, forever);
    expect([...found]).toEqual([[address, 'test-agent']]);
    expect(performance.now() - began).toBeLessThan(10_000);
  });

  it('ends when its time is over, with what was found until then', async () => {
    const began = performance.now();
    const found = await names.namesOf([address, ...silent(4_000)], 'known', 1_500, forever);
    expect([...found.values()]).toEqual(['test-agent']);
    expect(performance.now() - began).toBeLessThan(7_000);
  });

  it('ends at once with the job', async () => {
    const stop = new AbortController();
    const asked = names.namesOf(silent(10), 'known', 20_000, stop.signal);
    stop.abort();
    expect(await asked).toEqual(new Map());
  });

  it('asks nobody with a credential that does not open', async () => {
    expect(await names.namesOf([address], 'gone', 20_000, forever)).toEqual(new Map());
  });
});
