import { AddressResolver } from '../../src/probes/drivers/address-resolver.client.js';
import { TcpDriver } from '../../src/probes/drivers/tcp.driver.js';
import { eventually } from '../support/eventually.js';
import { freePort } from '../support/product.js';
import { probeOptions, probeTarget, SocketServer, StuckPort } from '../support/probe-targets.js';

describe('TcpDriver', () => {
  const driver = new TcpDriver(new AddressResolver());
  const probe = async (changes: Parameters<typeof probeTarget>[0], raw = false) =>
    (await driver.probe([probeTarget({ timeoutMs: 9_000, ...changes })], probeOptions({ raw })))[0]!;

  it('takes refused for up when the device says so', async () => {
    const port = await freePort();
    expect(await probe({ port })).toMatchObject({
      outcome: 'failed',
      error: 'refused',
      sent: 1,
      received: 0,
      rtt: null,
    });
    const up = await probe({ port, refusedIsUp: true });
    expect(up).toMatchObject({ outcome: 'ok', error: null, received: 1, rtt: { avg: expect.any(Number) } });
  });

  it('keeps its time limit', async () => {
    const stuck = await StuckPort.start();
    const startedAt = performance.now();
    const result = await probe({ port: stuck.port, timeoutMs: 300 }, true);
    expect(performance.now() - startedAt).toBeLessThan(8_000);
    expect(result).toMatchObject({
      outcome: 'failed',
      error: 'timeout',
      rtt: null,
      raw: expect.stringMatching(/^connect 127/),
    });
    stuck.close();
  });

  it('says when there is no way', async () => {
    expect(await probe({ address: '255.255.255.255', port: 9 })).toMatchObject({ rtt: null, received: 0 });
    expect(await probe({ port: null })).toMatchObject({ outcome: 'unknown', error: 'no_port' });
  });

  it('closes every connection at once', async () => {
    const server = await SocketServer.start((socket) => socket.write('SSH-2.0-OpenSSH\r\n'));
    const targets = Array.from({ length: 50 }, (_, num) => probeTarget({ num, port: server.port, timeoutMs: 9_000 }));
    const results = await driver.probe(targets, probeOptions());
    expect(results.every(({ outcome }) => outcome === 'ok')).toBe(true);
    await eventually(() => expect(server.open).toBe(0));
    await server.close();
  });

  it('reaches IPv6', async () => {
    const result = await probe({ address: '::1', port: await freePort(), refusedIsUp: true });
    expect(result).toMatchObject({ outcome: 'ok' });
  });
});
