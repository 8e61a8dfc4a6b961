import { createSocket, type Socket } from 'node:dgram';
import { eventually } from '../support/eventually.js';
import { missingFping } from '../support/fake-fping.js';
import { Product } from '../support/product.js';
import { describeWith } from '../support/requires.js';
import { COMMUNITY, OWN_OID, Snmpd, snmpdMissing, V3_USER } from '../support/snmpd.js';

jest.setTimeout(120_000);

interface Value {
  device: { name: string };
  item: { id: string; name: string };
  value: number | null;
  text_value: string | null;
  at: string | null;
  error: string | null;
  error_detail: string | null;
}
interface Cycle {
  due_at: string;
  started_at: string | null;
  duration_ms: number | null;
  targets: number | null;
  answered: number | null;
  failed: number | null;
  missed: string | null;
}
interface List<T> {
  data: T[];
  page: { total: number };
}

const INTERVAL_SECONDS = 5;
const SILENT = 100;

describeWith('SNMP in the product', snmpdMissing ?? missingFping(), () => {
  let snmpd: Snmpd;
  let silent: Socket;
  let product: Product;

  beforeAll(async () => {
    snmpd = await Snmpd.start();
    snmpd.set({ 1: ['counter', 1_000], 2: ['gauge', 7] });
    // Takes every request and answers none.
    silent = createSocket('udp4');
    await new Promise<void>((resolve) => silent.bind(0, '127.0.5.1', resolve));
    product = await Product.start({
      env: {
        SWARMWARD_SNMP_INTERVAL_SECONDS: String(INTERVAL_SECONDS),
        SWARMWARD_PING_INTERVAL_SECONDS: String(INTERVAL_SECONDS),
      },
    });
  }, 120_000);
  afterAll(async () => {
    await product?.stop();
    silent?.close();
    await snmpd?.stop();
  });

  const post = async <T>(path: string, body: object): Promise<T> => {
    const response = await product.fetch(`/api/v1/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const answer = (await response.json()) as { data: T };
    if (!response.ok) throw new Error(`${path}: ${JSON.stringify(answer)}`);
    return answer.data;
  };
  const values = async (query: string) =>
    (await product.json<List<Value>>(`/api/v1/snmp/values?limit=500&${query}`)).data;
  const cycles = async (kind: 'ping' | 'snmp') =>
    (await product.json<List<Cycle>>(`/api/v1/probes/cycles?limit=100&kind=${kind}`)).data;
  const device = (name: string, ip: string, port: number, credential: string, tags: string[]) =>
    post('devices', { name, ip, snmp_port: port, snmp_credential: credential, tags, allow_duplicate: true });

  it('polls what templates ask for beside 100 agents that are silent, and delays no ping', async () => {
    await post('credentials', { name: 'v2c', kind: 'snmp_v2c', community: COMMUNITY });
    await post('credentials', {
      name: 'v3',
      kind: 'snmp_v3',
      user: V3_USER.user,
      auth: { protocol: 'sha', key: V3_USER.authKey },
      priv: { protocol: 'aes', key: V3_USER.privKey },
    });
    await device('live v2c', '127.0.0.1', snmpd.port, 'v2c', ['agent']);
    await device('live v3', '127.0.0.1', snmpd.port, 'v3', ['agent']);
    const { port } = silent.address();
    for (let index = 0; index < SILENT; index++) {
      // Half of them swallow what they are sent; of the others nothing listens on the port.
      await device(`silent ${index}`, `127.0.5.${index % 2 ? 1 : 2 + index}`, port, 'v2c', ['agent']);
    }
    const { id } = await post<{ id: string }>('templates', {
      name: 'Agent',
      items: [
        { name: 'name', oid: '1.3.6.1.2.1.1.5.0', value_type: 'text' },
        { name: 'in', oid: `${OWN_OID}.1.0`, transform: 'rate', units: 'B/s' },
        { name: 'fan', oid: `${OWN_OID}.2.0` },
      ],
    });
    const applied = await post(`templates/${id}/apply`, { selector: { tags: ['agent'] } });
    expect(applied).toMatchObject({ devices: SILENT + 2, items_added: 3 * (SILENT + 2) });
    const since = Date.now();

    // Four turns that began after the devices were all there.
    const turns = async (kind: 'ping' | 'snmp') =>
      (await cycles(kind)).filter(({ due_at, started_at }) => started_at && Date.parse(due_at) > since);
    await eventually(async () => expect((await turns('snmp')).length).toBeGreaterThanOrEqual(4), { timeoutMs: 90_000 });
    for (const turn of await turns('snmp')) {
      expect(turn).toMatchObject({ targets: SILENT + 2, answered: 2, failed: SILENT, missed: null });
      expect(turn.duration_ms).toBeLessThan(INTERVAL_SECONDS * 1_000);
    }
    const pings = await turns('ping');
    expect(pings.length).toBeGreaterThanOrEqual(3);
    const lags = pings.map(({ due_at, started_at }) => Date.parse(started_at!) - Date.parse(due_at));
    // But for one, if the machine is busy with something else just then.
    expect(lags.filter((lag) => lag >= 1_000).length).toBeLessThanOrEqual(1);
    expect(Math.max(...lags)).toBeLessThan(3_000);
    expect(pings.map(({ targets, answered }) => [targets, answered])).toEqual(
      pings.map(() => [SILENT + 2, SILENT + 2]),
    );
    for (const kind of ['ping', 'snmp'] as const) {
      const missed = (await cycles(kind)).filter((cycle) => cycle.missed && Date.parse(cycle.due_at) > since);
      expect(missed).toEqual([]);
    }

    const live = (await values('q=live')).map((value) => [value.device.name, value.item.name, value]);
    expect(live).toHaveLength(6);
    for (const [, name, value] of live) {
      const expected = { name: { text_value: 'test-agent' }, in: { value: 0 }, fan: { value: 7 } }[name as 'in'];
      expect(value).toMatchObject({ ...expected, error: null });
    }
    const failing = await values('error=true');
    expect(failing).toHaveLength(3 * SILENT);
    expect(new Set(failing.map(({ error }) => error))).toEqual(new Set(['no_response']));
  }, 120_000);

  it('says that an agent was killed, keeps its last value, and goes on when it is back', async () => {
    const fan = async () => (await values('device=live%20v2c&q=fan'))[0]!;
    const before = await fan();
    await snmpd.kill();
    await eventually(async () => expect(await fan()).toMatchObject({ error: 'no_response', value: 7 }), {
      timeoutMs: 60_000,
    });
    const { error_detail, at } = await fan();
    expect(error_detail).toMatch(/^No answer from 127\.0\.0\.1:\d+ within .* the agent does not run/);
    expect(Date.parse(at!)).toBeGreaterThanOrEqual(Date.parse(before.at!));
    snmpd.set({ 1: ['counter', 9_000], 2: ['gauge', 8] });
    await snmpd.restart();
    await eventually(async () => expect(await fan()).toMatchObject({ error: null, value: 8 }), { timeoutMs: 60_000 });
    const history = await product.json<List<{ status: string; value: number | null }>>(
      `/api/v1/items/${before.item.id}/history`,
    );
    const statuses = history.data.map(({ status }) => status);
    expect(statuses[0]).toBe('ok');
    expect(statuses).toContain('failed');
    expect(statuses.at(-1)).toBe('ok');
  }, 120_000);

  // Discovery asks agents on port 161, which only root may listen on.
  const ofRoot = process.getuid?.() === 0 ? it : it.skip;
  ofRoot('discovery tells what an agent calls itself', async () => {
    const address = `127.63.${process.pid % 250}.7`;
    const agent = await Snmpd.start({ address, port: 161 });
    try {
      const range = { cidr: address.replace(/7$/, '6/31'), snmp_credential: 'v2c' };
      const { job_id } = await post<{ job_id: string }>('discovery', range);
      const found = await eventually(async () => {
        const { data } = await product.json<{ data: { state: string; result?: { found: object[] } } }>(
          `/api/v1/jobs/${job_id}`,
        );
        expect(data.state).toBe('completed');
        return data.result?.found;
      });
      // The other address answers pings, and nothing else.
      expect(found).toMatchObject([{ snmp_name: null }, { address, snmp_name: 'test-agent' }]);
    } finally {
      await agent.stop();
    }
  });
});
