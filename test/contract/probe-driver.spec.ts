import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readSettings } from '../../src/platform/config/read-settings.js';
import { AddressResolver } from '../../src/probes/drivers/address-resolver.client.js';
import { FpingDriver } from '../../src/probes/drivers/fping.driver.js';
import { HttpDriver } from '../../src/probes/drivers/http.driver.js';
import type { ProbeDriver, ProbeTarget } from '../../src/probes/drivers/probe-driver.port.js';
import { TcpDriver } from '../../src/probes/drivers/tcp.driver.js';
import { DeadNetwork, missingNetns } from '../support/dead-network.js';
import { FakeFpings, missingFping } from '../support/fake-fping.js';
import { freePort } from '../support/product.js';
import { probeOptions, probeTarget, SocketServer, StuckPort } from '../support/probe-targets.js';
import { describeWith } from '../support/requires.js';

/** A driver with something that answers, something that does not, and something that takes its time. */
interface Lab {
  driver: ProbeDriver;
  /** The nth of as many as are asked for. */
  alive(n: number): Partial<ProbeTarget>;
  dead: Partial<ProbeTarget>;
  slow: Partial<ProbeTarget>;
  named(name: string): Partial<ProbeTarget>;
  close(): Promise<void>;
}

const labs: Record<string, () => Promise<Lab>> = {
  'FpingDriver (real fping in a network of its own)': async () => {
    const network = DeadNetwork.create();
    const scripts = new FakeFpings();
    const settings = readSettings({ SWARMWARD_FPING_PATH: scripts.script(network.fping) });
    return {
      driver: new FpingDriver(settings, new AddressResolver()),
      alive: (n) => ({ address: `127.1.${n >> 8}.${n & 255}` }),
      dead: { address: '10.99.0.1' },
      slow: { address: '127.0.0.1', packets: 9 },
      named: (address) => ({ address }),
      close: async () => {
        network.remove();
        scripts.remove();
      },
    };
  },
  TcpDriver: async () => {
    const server = await SocketServer.start();
    const stuck = await StuckPort.start();
    const closed = await freePort();
    return {
      driver: new TcpDriver(new AddressResolver()),
      alive: () => ({ port: server.port, timeoutMs: 9_000 }),
      dead: { port: closed, timeoutMs: 9_000 },
      slow: { port: stuck.port, timeoutMs: 9_000 },
      named: (address) => ({ address, port: server.port, timeoutMs: 9_000 }),
      close: async () => {
        stuck.close();
        await server.close();
      },
    };
  },
  HttpDriver: async () => {
    const server: Server = createServer((_, response) => response.end('hello'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const silent = await SocketServer.start();
    const closed = await freePort();
    return {
      driver: new HttpDriver(new AddressResolver()),
      alive: (n) => ({ url: `http://127.0.0.1:${port}/${n}`, timeoutMs: 9_000 }),
      dead: { url: `http://127.0.0.1:${closed}/`, timeoutMs: 9_000 },
      slow: { url: silent.url, timeoutMs: 9_000 },
      named: (name) => ({ address: name, url: `http://${name}:${port}/`, timeoutMs: 9_000 }),
      close: async () => {
        server.closeAllConnections();
        server.close();
        await silent.close();
      },
    };
  },
};

describeWith('every ProbeDriver', missingFping() ?? missingNetns(), () => {
  describe.each(Object.entries(labs))('%s', (_, open) => {
    let lab: Lab;
    beforeAll(async () => {
      lab = await open();
    });
    afterAll(() => lab.close());
    const numsOf = (results: { num: number }[]) => results.map(({ num }) => num);

    it('works', async () => {
      await expect(lab.driver.selfTest(new AbortController().signal)).resolves.toBeUndefined();
    });

    it('answers nothing to nothing', async () => {
      expect(await lab.driver.probe([], probeOptions())).toEqual([]);
    });

    it('answers with one result for each target, in their order, the same target twice included', async () => {
      const same = lab.alive(1);
      const targets = [
        probeTarget({ ...same, num: 9 }),
        probeTarget({ ...lab.dead, num: 3 }),
        probeTarget({ ...lab.named('localhost'), num: 7 }),
        probeTarget({ ...same, num: 1 }),
        probeTarget({ ...lab.named('no-such-host.invalid'), num: 5 }),
      ];
      const results = await lab.driver.probe(targets, probeOptions());
      expect(numsOf(results)).toEqual([9, 3, 7, 1, 5]);
      expect(results.map(({ outcome }) => outcome)).toEqual(['ok', 'failed', 'ok', 'ok', 'unknown']);
      expect(results[0]).toMatchObject({
        sent: 1,
        received: 1,
        error: null,
        rtt: { min: expect.any(Number), avg: expect.any(Number), max: expect.any(Number), jitter: null },
      });
      expect(results[0]!.rtt!.min).toBeGreaterThan(0);
      expect(results[0]!.rtt!.min % 1).not.toBe(0);
      expect(results[2]).toMatchObject({ detail: { address: '127.0.0.1' } });
    });

    it('a dead target is a result without times', async () => {
      const [result] = await lab.driver.probe([probeTarget(lab.dead)], probeOptions());
      expect(result).toMatchObject({ outcome: 'failed', sent: 1, received: 0, rtt: null, error: expect.any(String) });
    });

    it('a name that does not resolve is unknown, not down', async () => {
      const [result] = await lab.driver.probe([probeTarget(lab.named('no-such-host.invalid'))], probeOptions());
      expect(result).toMatchObject({ outcome: 'unknown', sent: 0, received: 0, rtt: null, error: 'unresolvable' });
    });

    it('takes a thousand targets', async () => {
      const targets = Array.from({ length: 1_000 }, (_, n) =>
        probeTarget({ timeoutMs: 5_000, ...lab.alive(n + 1), num: 5_000 - n }),
      );
      const results = await lab.driver.probe(targets, probeOptions());
      expect(numsOf(results)).toEqual(numsOf(targets));
      expect(results.filter(({ outcome }) => outcome !== 'ok')).toEqual([]);
    });

    it('keeps what it heard when asked to, and only then', async () => {
      const targets = [probeTarget(lab.alive(1)), probeTarget(lab.dead)];
      const heard = await lab.driver.probe(targets, probeOptions({ raw: true }));
      for (const { raw } of heard) {
        expect(raw).toMatch(/\S{3}/);
        expect(raw!.length).toBeLessThanOrEqual(4_096);
      }
      for (const result of await lab.driver.probe(targets, probeOptions())) expect(result).not.toHaveProperty('raw');
    });

    it('says nothing of anybody when it is too late already', async () => {
      const targets = [probeTarget({ ...lab.alive(1), num: 4 }), probeTarget({ ...lab.dead, num: 2 })];
      const results = await lab.driver.probe(targets, probeOptions({ signal: AbortSignal.abort() }));
      expect(results).toEqual(
        [4, 2].map((num) => expect.objectContaining({ num, outcome: 'unknown', error: 'not_reported' })),
      );
    });

    it('stops at once when told to: what has no result by then is unknown', async () => {
      const stop = new AbortController();
      const targets = Array.from({ length: 20 }, (_, num) => probeTarget({ ...lab.slow, num }));
      const startedAt = performance.now();
      const probing = lab.driver.probe(targets, probeOptions({ signal: stop.signal }));
      setTimeout(() => stop.abort(), 300);
      const results = await probing;
      // All of it takes 8 s at least.
      expect(performance.now() - startedAt).toBeLessThan(7_000);
      expect(numsOf(results)).toEqual(numsOf(targets));
      expect(new Set(results.map(({ outcome, error }) => `${outcome} ${error}`))).toEqual(
        new Set(['unknown not_reported']),
      );
    });

    it('gives what is there when it is stopped', async () => {
      const stop = new AbortController();
      const targets = [probeTarget({ ...lab.alive(1), num: 1 }), probeTarget({ ...lab.slow, num: 2 })];
      const probing = lab.driver.probe(targets, probeOptions({ signal: stop.signal }));
      setTimeout(() => stop.abort(), 2_000);
      expect((await probing).map(({ num, outcome }) => [num, outcome])).toEqual([
        [1, 'ok'],
        [2, 'unknown'],
      ]);
    });
  });
});
