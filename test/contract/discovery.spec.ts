import type { DiscoveryResult } from '../../src/probes/on-demand/discovery-result.js';
import { eventually } from '../support/eventually.js';
import { missingFping } from '../support/fake-fping.js';
import { OnDemandLab } from '../support/probe-targets-lab.js';
import { SocketServer } from '../support/probe-targets.js';
import { describeWith } from '../support/requires.js';

const REAL = 'exec fping "$@"';
/** Only addresses that end in 5 answer. */
const FIVES = 'while read -r a; do case $a in *5) echo "$a : 0.5 0.7";; *) echo "$a : - -";; esac; done >&2; exit 1';

describeWith('discovery', missingFping(), () => {
  let lab: OnDemandLab;
  beforeAll(async () => {
    lab = await OnDemandLab.start();
  });
  beforeEach(() => lab.replaceFping(REAL));
  afterEach(() => lab.database.query('DELETE FROM devices'));
  afterAll(() => lab?.close());
  const start = (body: Record<string, unknown>) => lab.enqueue('/api/v1/discovery', body);
  const scan = async (body: Record<string, unknown>) => {
    const jobId = await start(body);
    const job = await lab.finished<DiscoveryResult>(jobId);
    expect(job).toMatchObject({ state: 'completed' });
    return { jobId, result: job.result!, progress: job.progress };
  };
  const devices = () => lab.database.query<Record<string, unknown>[]>('SELECT ip, name FROM devices ORDER BY ip');

  it('finds what answers, with its open ports and the device that it is already, and adds nothing', async () => {
    const server = await SocketServer.start();
    const id = await lab.device({ ip: '127.0.0.1', name: 'loopback' });
    // Again if the machine stood still for as long as a probe waits.
    const { result, progress } = await eventually(async () => {
      const scanned = await scan({ cidr: '127.0.0.0/30', ports: [server.port, server.port, 1] });
      expect(scanned.result.found.map(({ open_ports }) => open_ports)).toEqual([[server.port], []]);
      return scanned;
    });
    const found = { rtt_ms: expect.any(Number), snmp_name: null };
    expect(result).toEqual({
      cidr: '127.0.0.0/30',
      scanned: 2,
      found: [
        {
          ...found,
          address: '127.0.0.1',
          hostname: expect.any(String),
          open_ports: [server.port],
          known_device: { id, name: 'loopback' },
        },
        { ...found, address: '127.0.0.2', hostname: null, open_ports: [], known_device: null },
      ],
    });
    expect(progress).toEqual({ done: 2, total: 2, found: 2 });
    expect(await devices()).toEqual([{ ip: '127.0.0.1', name: 'loopback' }]);
    await server.close();
  });

  it('leaves out what does not answer', async () => {
    lab.replaceFping(FIVES);
    const { result } = await scan({ cidr: '10.8.0.0/22' });
    expect(result.scanned).toBe(1_022);
    expect(result.found.every(({ address }) => address.endsWith('5'))).toBe(true);
    expect(result.found).toHaveLength(103);
    expect(result.found[0]).toMatchObject({ address: '10.8.0.5', rtt_ms: 0.6 });
  });

  it('fails with how to mend it when fping is broken: that is not an empty subnet', async () => {
    lab.replaceFping(null);
    const job = await lab.finished(await start({ cidr: '10.8.1.0/28' }));
    expect(job).toMatchObject({
      state: 'failed',
      error: expect.stringMatching(/^fping is not installed.*apt install fping/),
    });
  });

  it.each([
    [{ cidr: '10.0.0.0/19' }, 'cidr', /at most 4,096 addresses: \/20/],
    [{ cidr: '0.0.0.0/0' }, 'cidr', /at most 4,096/],
    [{ cidr: '224.0.0.0/24' }, 'cidr', /multicast/],
    [{ cidr: 'fd00::/64' }, 'cidr', /\/116/],
    [{ cidr: '10.0.0.1' }, 'cidr', /subnet such as/],
    [{ cidr: '10.0.0.0/24', ports: [0] }, 'ports.0', /\S/],
    [{ cidr: '10.0.0.0/24', ports: Array.from({ length: 17 }, (_, port) => port + 1) }, 'ports', /\S/],
    [{ cidr: '10.0.0.0/24', addresses: [] }, 'addresses', /\S/],
    [{}, 'cidr', /\S/],
  ])('refuses %j', async (body, path, message) => {
    expect(await lab.post('/api/v1/discovery', body)).toMatchObject({
      status: 400,
      body: { code: 'validation_failed', errors: [{ path, message: expect.stringMatching(message) }] },
    });
  });

  it('scans a subnet once at a time, three in all, and says so', async () => {
    const letGo = lab.holdFping(FIVES);
    const post = (cidr: string) => lab.post('/api/v1/discovery', { cidr });
    const first = await start({ cidr: '10.8.1.0/28' });
    expect(await post('10.8.1.9/28')).toMatchObject({
      status: 202,
      body: { data: { job_id: first, coalesced: true } },
    });
    const more = await Promise.all(['10.8.2.0/28', '10.8.3.0/28', '10.8.4.0/28'].map(post));
    expect(more.map(({ status }) => status).sort()).toEqual([202, 202, 429]);
    expect(more.find(({ status }) => status === 429)).toMatchObject({
      body: { code: 'too_many_discoveries' },
      headers: { 'retry-after': '30' },
    });
    expect(await post('10.8.1.0/28')).toMatchObject({ status: 202, body: { data: { job_id: first } } });
    letGo();
    const started = more.flatMap(({ body }) => (body as { data?: { job_id: string } }).data?.job_id ?? []);
    for (const id of [first, ...started]) await lab.finished(id);
    expect((await lab.audited('discovery.requested')).at(-1)).toMatchObject({
      actor: 'operator',
      subject_id: first,
      after: { cidr: '10.8.1.0/28', ports: [], snmp_credential_id: null, job_id: first },
    });
  });

  it('sends a credential only where an administrator wants it sent, and records which', async () => {
    lab.replaceFping(FIVES);
    const body = { cidr: '10.8.5.0/30', snmp_credential: 'public' };
    expect(await lab.post('/api/v1/discovery', body)).toMatchObject({
      status: 403,
      body: { code: 'access_denied', detail: 'Access denied. Admin privileges required.' },
    });
    expect(await lab.post('/api/v1/discovery', body, 'admin')).toMatchObject({
      status: 400,
      body: { errors: [{ path: 'snmp_credential', message: 'There is no such credential.' }] },
    });
    const id = await lab.credential('public');
    const answer = await lab.post('/api/v1/discovery', body, 'admin');
    expect(answer).toMatchObject({ status: 202 });
    await lab.finished((answer.body as { data: { job_id: string } }).data.job_id);
    expect((await lab.audited('discovery.requested')).at(-1)).toMatchObject({
      actor: 'admin',
      after: { cidr: '10.8.5.0/30', snmp_credential_id: id },
    });
  });

  it('is for operators, and accepting for administrators', async () => {
    expect(await lab.post('/api/v1/discovery', { cidr: '10.0.0.0/24' }, 'viewer')).toMatchObject({ status: 403 });
    expect(await lab.post('/api/v1/discovery/x/accept', { addresses: ['10.0.0.1'] })).toMatchObject({ status: 403 });
  });

  describe('accept', () => {
    const accept = (jobId: string, body: Record<string, unknown>) =>
      lab.post(`/api/v1/discovery/${jobId}/accept`, body, 'admin');

    it('makes devices of what was found, and says of each what became of it', async () => {
      const id = await lab.device({ ip: '10.8.5.15', name: 'printer', duplicate_allowed: false });
      lab.replaceFping(FIVES);
      const { jobId } = await scan({ cidr: '10.8.5.0/26' });
      expect(await devices()).toHaveLength(1);
      const addresses = ['10.8.5.5', '10.8.5.15', '10.8.5.6', '10.8.5.25', '10.8.5.5'];
      const answer = await accept(jobId, { addresses, tags: ['found'], name_from: 'address' });
      expect(answer).toMatchObject({
        status: 200,
        body: {
          data: {
            created: 2,
            results: [
              { address: '10.8.5.5', status: 'created', device: { name: '10.8.5.5' }, message: null },
              {
                address: '10.8.5.15',
                status: 'duplicate',
                device: { id, name: 'printer' },
                message: 'The device printer has this address already.',
              },
              {
                address: '10.8.5.6',
                status: 'not_found',
                device: null,
                message: 'The scan did not find this address.',
              },
              { address: '10.8.5.25', status: 'created', device: { name: '10.8.5.25' } },
            ],
          },
        },
      });
      const made = await lab.database.query(
        `SELECT ip, tags, discovered_at IS NOT NULL AS discovered FROM devices WHERE ip <> '10.8.5.15' ORDER BY ip`,
      );
      expect(made).toEqual([
        { ip: '10.8.5.25', tags: ['found'], discovered: true },
        { ip: '10.8.5.5', tags: ['found'], discovered: true },
      ]);
      expect(await lab.audited('discovery.accepted')).toEqual([
        { actor: 'admin', subject_id: jobId, after: { asked: 4, created: 2 } },
      ]);
      const again = await accept(jobId, { addresses: ['10.8.5.5'] });
      expect(again).toMatchObject({ body: { data: { created: 0, results: [{ status: 'duplicate' }] } } });
    });

    it('calls them by their host name', async () => {
      const { jobId, result } = await scan({ cidr: '127.0.0.1/32' });
      await accept(jobId, { addresses: ['127.0.0.1'] });
      expect(await devices()).toEqual([{ ip: '127.0.0.1', name: result.found[0]!.hostname }]);
    });

    it('refuses what the inventory refuses, with its words', async () => {
      lab.replaceFping(FIVES);
      const { jobId } = await scan({ cidr: '10.8.6.0/28' });
      const answer = await accept(jobId, { addresses: ['10.8.6.5'], site: 'nowhere' });
      expect(answer).toMatchObject({
        status: 200,
        body: { data: { created: 0, results: [{ status: 'refused', message: expect.stringMatching(/site/) }] } },
      });
      expect(await devices()).toEqual([]);
    });

    it('takes only finished scans', async () => {
      expect(await accept('nothing', { addresses: ['10.0.0.1'] })).toMatchObject({
        status: 404,
        body: { code: 'discovery_not_found' },
      });
      const id = await lab.device({});
      const other = await lab.enqueue(`/api/v1/devices/${id}/check-now`);
      await lab.finished(other);
      expect(await accept(other, { addresses: ['10.0.0.1'] })).toMatchObject({ status: 404 });
      const letGo = lab.holdFping(FIVES);
      const running = await start({ cidr: '10.8.7.0/28' });
      expect(await accept(running, { addresses: ['10.8.7.5'] })).toMatchObject({
        status: 409,
        body: { code: 'discovery_not_finished' },
      });
      letGo();
      await lab.finished(running);
      await eventually(async () => expect((await accept(running, { addresses: ['10.8.7.5'] })).status).toBe(200));
    });
  });
});
