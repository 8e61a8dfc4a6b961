import type { DeviceCheckResult } from '../../src/probes/on-demand/device-check.processor.js';
import { eventually } from '../support/eventually.js';
import { missingFping } from '../support/fake-fping.js';
import { OnDemandLab } from '../support/probe-targets-lab.js';
import { freePort } from '../support/product.js';
import { SocketServer } from '../support/probe-targets.js';
import { describeWith } from '../support/requires.js';
import { UNKNOWN_ID } from '../support/wire.js';

const REAL = 'exec fping "$@"';

describeWith('check-now', missingFping(), () => {
  let lab: OnDemandLab;
  beforeAll(async () => {
    lab = await OnDemandLab.start();
  });
  beforeEach(() => lab.replaceFping(REAL));
  afterAll(() => lab?.close());

  const check = async (columns: Record<string, unknown>) => {
    const id = await lab.device(columns);
    const job = await lab.finished<DeviceCheckResult>(await lab.enqueue(`/api/v1/devices/${id}/check-now`));
    expect(job).toMatchObject({ state: 'completed', result: { device_id: id } });
    expect(Buffer.byteLength(JSON.stringify(job.result))).toBeLessThanOrEqual(8_192);
    return job.result!;
  };

  it('answers with what fping heard and a sentence about it', async () => {
    // Again if the machine stood still for as long as fping waits.
    const result = await eventually(async () => {
      const checked = await check({ ip: '127.0.0.5' });
      expect(checked.received).toBe(3);
      return checked;
    });
    expect(result).toEqual({
      device_id: expect.any(String),
      checked_at: expect.stringMatching(/^20.*Z$/),
      outcome: 'ok',
      sent: 3,
      received: 3,
      rtt_ms: { min: expect.any(Number), avg: expect.any(Number), max: expect.any(Number), jitter: expect.any(Number) },
      error: null,
      detail: null,
      raw: expect.stringMatching(/^\$ echo 127\.0\.0\.5 \| .*fping -C 3 [^]*127\.0\.0\.5 : \[2\], 64 bytes/),
      explanation: expect.stringMatching(/^127\.0\.0\.5 answered 3 of 3 packets in [\d.]+ ms\.$/),
    });
  });

  it.each<[string, string, RegExp]>([
    ['echo "10.0.0.5 : - - -" >&2; exit 1', 'timeout', /^No answer to 3 packets within 900 ms each\.$/],
    [
      'echo "ICMP Host Unreachable from 10.0.0.1 for ICMP Echo sent to 10.0.0.5" >&2; echo "10.0.0.5 : - - -" >&2; exit 1',
      'unreachable',
      /cannot be reached \(Host Unreachable from 10\.0\.0\.1\)/,
    ],
  ])('says why it is down: %s', async (script, error, words) => {
    lab.replaceFping(`cat >/dev/null; ${script}`);
    const result = await check({ ip: '10.0.0.5' });
    expect(result).toMatchObject({ outcome: 'failed', error, rtt_ms: null, explanation: expect.stringMatching(words) });
  });

  it.each<[string | null, string, RegExp]>([
    [null, 'fping_missing', /^fping is not installed.*apt install fping/],
    ['exit 4', 'fping_not_permitted', /setcap cap_net_raw/],
    ['kill -9 $$', 'fping_killed', /killed by SIGKILL/],
    ['echo nonsense >&2', 'fping_garbage', /that is not fping/],
  ])('completes with unknown and how to mend it when fping is broken: %s', async (script, error, words) => {
    lab.replaceFping(script);
    const result = await check({});
    expect(result).toMatchObject({ outcome: 'unknown', error, explanation: expect.stringMatching(words) });
  });

  it('checks TCP and HTTP devices too, disabled ones included', async () => {
    const port = await freePort();
    expect(await check({ check_kind: 'tcp', port, enabled: false })).toMatchObject({
      outcome: 'failed',
      error: 'refused',
      explanation: `Connection refused by 127.0.0.1:${port}: the host is there, and nothing listens on the port.`,
      raw: expect.stringContaining('ECONNREFUSED'),
    });
    const body = `${'\u0000"\\'.repeat(3_000)}`;
    const server = await SocketServer.start((socket) =>
      socket.end(`HTTP/1.1 503 Busy\r\nX-Odd: \u00ff\r\n\r\n${body}`),
    );
    const result = await eventually(async () => {
      const checked = await check({ check_kind: 'http', url: server.url });
      expect(checked).toMatchObject({ outcome: 'failed', error: 'status', detail: { http_status: 503 } });
      return checked;
    });
    expect(result.raw).toMatch(/^HTTP\/1\.1 503 Busy\n/);
    await server.close();
  });

  it('joins the check that waits or runs for the device', async () => {
    const letGo = lab.holdFping(REAL);
    const [one, other] = [await lab.device({}), await lab.device({})];
    const first = await lab.post(`/api/v1/devices/${one}/check-now`);
    const again = await lab.post(`/api/v1/devices/${one}/check-now`);
    const elsewhere = await lab.post(`/api/v1/devices/${other}/check-now`);
    const data = ({ body }: { body: unknown }) => (body as { data: { job_id: string; coalesced: boolean } }).data;
    expect(data(first).coalesced).toBe(false);
    expect(data(again)).toEqual({ job_id: data(first).job_id, coalesced: true });
    expect(data(elsewhere)).toMatchObject({ coalesced: false });
    letGo();
    await lab.finished(data(first).job_id);
    await lab.finished(data(elsewhere).job_id);
    const later = await lab.post(`/api/v1/devices/${one}/check-now`);
    expect(data(later)).toMatchObject({ coalesced: false });
    expect(data(later).job_id).not.toBe(data(first).job_id);
    await lab.finished(data(later).job_id);
  });

  it('changes nothing about the device, and is audited', async () => {
    const id = await lab.device({});
    const jobId = await lab.enqueue(`/api/v1/devices/${id}/check-now`);
    await lab.finished(jobId);
    expect(await lab.database.query('SELECT * FROM device_state')).toEqual([]);
    expect(await lab.database.query('SELECT * FROM state_events')).toEqual([]);
    const audited = await lab.audited('device.check_requested');
    expect(audited.filter(({ subject_id }) => subject_id === id)).toEqual([
      { actor: 'operator', subject_id: id, after: { job_id: jobId } },
    ]);
  });

  it('is for operators, and for devices that there are', async () => {
    const id = await lab.device({});
    expect(await lab.post(`/api/v1/devices/${id}/check-now`, undefined, 'viewer')).toMatchObject({ status: 403 });
    const unknown = await lab.post(`/api/v1/devices/${UNKNOWN_ID}/check-now`);
    expect(unknown).toMatchObject({ status: 404, body: { code: 'device_not_found' } });
    expect(await lab.post('/api/v1/devices/7/check-now')).toMatchObject({
      status: 400,
      body: { errors: [{ path: 'id', message: 'Must be a UUID.' }] },
    });
    const { jobId } = await lab.producer.enqueue('device.check', { deviceId: UNKNOWN_ID });
    expect(await lab.finished(jobId)).toMatchObject({
      state: 'completed',
      result: { outcome: 'unknown', error: 'device_not_found' },
    });
  });
});
