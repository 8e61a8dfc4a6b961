import { resolve } from 'node:path';
import { readSettings } from '../../src/platform/config/read-settings.js';
import { AddressResolver } from '../../src/probes/drivers/address-resolver.client.js';
import { FpingDriver } from '../../src/probes/drivers/fping.driver.js';
import { ProbeDriverError } from '../../src/probes/drivers/probe-driver.port.js';
import { DeadNetwork, missingNetns } from '../support/dead-network.js';
import { eventually } from '../support/eventually.js';
import { FakeFpings, type FakeFping, isAlive, isThere, missingFping } from '../support/fake-fping.js';
import { probeOptions, probeTarget } from '../support/probe-targets.js';
import { describeWith } from '../support/requires.js';

const scripts = new FakeFpings();
const driverOf = (path: string) => new FpingDriver(readSettings({ SWARMWARD_FPING_PATH: path }), new AddressResolver());
const loopbacks = (count: number, changes = {}) =>
  Array.from({ length: count }, (_, num) => probeTarget({ num, address: `127.0.0.${num + 1}`, ...changes }));
const failure = async (driver: FpingDriver, targets = loopbacks(3), options = probeOptions()) => {
  const error = await driver.probe(targets, options).then(
    (results) => results,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ProbeDriverError);
  return error as ProbeDriverError;
};

describeWith('FpingDriver with a broken fping', missingFping(), () => {
  afterAll(() => scripts.remove());

  it.each<[FakeFping, string, RegExp]>([
    ['not-permitted', 'fping_not_permitted', /setcap cap_net_raw/],
    ['wrong-arguments', 'fping_failed', /invalid option -- 'Q'/],
    ['exit-3', 'fping_failed', /exit code 3/],
    ['silent', 'fping_garbage', /said nothing/],
    ['garbage', 'fping_garbage', /1 bottles of beer/],
    ['flood', 'fping_garbage', /and so on/],
    ['killed', 'fping_killed', /SIGKILL/],
    ['terminated', 'fping_killed', /SIGTERM/],
  ])('%s: %s, and how to mend it', async (kind, code, words) => {
    const driver = driverOf(scripts.make(kind));
    const error = await failure(driver);
    expect(error).toMatchObject({ code, message: expect.stringMatching(words) });
    await expect(driver.selfTest(new AbortController().signal)).rejects.toMatchObject({ code });
  });

  it.each([
    ['/nowhere/fping', 'fping_missing', /no program "\/nowhere\/fping".*apt install fping/],
    ['no-such-program', 'fping_missing', /no program "no-such-program"/],
    [resolve('package.json'), 'fping_not_permitted', /may not be executed/],
  ])('%s: %s', async (path, code, words) => {
    expect(await failure(driverOf(path))).toMatchObject({ code, message: expect.stringMatching(words) });
  });

  it.each<FakeFping>(['hanging', 'hanging-child'])('%s: it is killed with its children', async (kind) => {
    const path = scripts.make(kind);
    const startedAt = performance.now();
    const error = await failure(driverOf(path), loopbacks(3, { timeoutMs: 50 }), probeOptions({ budgetMs: 2_500 }));
    expect(performance.now() - startedAt).toBeLessThan(15_000);
    expect(error).toMatchObject({ code: 'fping_hung', message: expect.stringMatching(/within 2\.4 s/) });
    const pids = ['parent', 'child'].map((file) => Number(scripts.left(path, file)));
    expect(pids.every((pid) => pid > 1)).toBe(true);
    await eventually(() => expect(pids.filter(isAlive)).toEqual([]));
    expect(isThere(pids[0]!)).toBe(false);
  });

  it('hangs no longer than its batch, and leaves nothing behind when told to stop', async () => {
    const path = scripts.make('hanging');
    const stop = new AbortController();
    const probing = driverOf(path).probe(loopbacks(2), probeOptions({ signal: stop.signal }));
    const pid = await eventually(() => {
      const found = Number(scripts.left(path, 'child'));
      expect(found).toBeGreaterThan(1);
      return found;
    });
    stop.abort();
    expect((await probing).map(({ outcome, error }) => [outcome, error])).toEqual([
      ['unknown', 'not_reported'],
      ['unknown', 'not_reported'],
    ]);
    await eventually(() => expect(isAlive(pid)).toBe(false));
  });

  it('comes back by itself', async () => {
    const path = scripts.make('killed');
    const driver = driverOf(path);
    await failure(driver);
    const good = new FakeFpings();
    Object.assign(driver, { settings: readSettings({ SWARMWARD_FPING_PATH: good.make('recording') }) });
    expect((await driver.probe(loopbacks(1), probeOptions()))[0]).toMatchObject({ outcome: 'ok' });
    good.remove();
  });

  it('only the targets of the broken one of two are unknown, whatever it had reported', async () => {
    const driver = driverOf(scripts.make('half-killed'));
    const targets = [1, 2, 3, 4].map((num) => probeTarget({ num, address: `127.0.0.${num}`, packets: (num % 2) + 1 }));
    const faults: ProbeDriverError[] = [];
    const options = probeOptions({ onFault: (fault) => faults.push(fault) });
    const results = await driver.probe(targets, options);
    expect(faults).toMatchObject([{ code: 'fping_killed' }]);
    expect(results.map(({ num, outcome, error }) => [num, outcome, error])).toEqual([
      [1, 'ok', null],
      [2, 'unknown', 'fping_killed'],
      [3, 'ok', null],
      [4, 'unknown', 'fping_killed'],
    ]);
    expect(results[1]).toMatchObject({ sent: 0, received: 0, rtt: null });
  });

  it('what it does not report is unknown, never down', async () => {
    const results = await driverOf(scripts.make('partial')).probe(loopbacks(6), probeOptions());
    expect(results.map(({ outcome, error }) => `${outcome} ${error}`)).toEqual(
      Array.from({ length: 6 }, (_, n) => (n % 2 === 0 ? 'ok null' : 'unknown not_reported')),
    );
  });

  it('says that loopback does not answer', async () => {
    await expect(driverOf(scripts.make('deaf')).selfTest(new AbortController().signal)).rejects.toMatchObject({
      code: 'fping_failed',
      message: expect.stringMatching(/127\.0\.0\.1 does not answer.*firewall/),
    });
  });

  it('does not mind an fping that reads no addresses', async () => {
    const results = await driverOf(scripts.make('not-reading')).probe(loopbacks(250), probeOptions());
    expect(results.filter(({ outcome }) => outcome === 'ok')).toHaveLength(1);
  });

  it('does not start what cannot be in time', async () => {
    const path = scripts.make('recording');
    const error = await failure(driverOf(path), loopbacks(200, { packets: 20 }), probeOptions({ budgetMs: 2_000 }));
    expect(error).toMatchObject({
      code: 'fping_no_time',
      message: expect.stringMatching(/200 devices × 20 packets take .*Raise/),
    });
    expect(scripts.left(path, 'args')).toBe('');
  });
});

describeWith('FpingDriver', missingFping() ?? missingNetns(), () => {
  afterAll(() => scripts.remove());

  it('asks one fping a group, each address once, numbers on standard input', async () => {
    const path = scripts.make('recording');
    const targets = [
      ...loopbacks(3, { packets: 2 }),
      probeTarget({ num: 10, address: '127.0.0.1', packets: 2 }),
      probeTarget({ num: 11, address: '::1', packets: 2 }),
      probeTarget({ num: 12, address: 'localhost', packets: 2 }),
      probeTarget({ num: 13, address: '127.0.0.9', packets: 1 }),
    ];
    const results = await driverOf(path).probe(targets, probeOptions({ budgetMs: 30_000 }));
    expect(results.map(({ outcome }) => outcome)).toEqual(targets.map(() => 'ok'));
    const lines = scripts.left(path, 'args').trim().split('\n').sort();
    expect(lines).toEqual(['-C 1 -q -i 10 -p 1000 -t 500 -r 0', '-C 2 -q -i 10 -p 1000 -t 500 -r 0']);
    expect(scripts.left(path, 'stdin').trim().split('\n').sort()).toEqual([
      '127.0.0.1',
      '127.0.0.2',
      '127.0.0.3',
      '127.0.0.9',
      '::1',
    ]);
    expect(results[3]!.rtt).toEqual(results[0]!.rtt);
    expect(results[5]).toMatchObject({ detail: { address: '127.0.0.1' } });
  });

  it('has real times of every packet, below a millisecond too', async () => {
    const [result] = await driverOf('fping').probe([probeTarget({ packets: 3 })], probeOptions());
    expect(result).toMatchObject({ outcome: 'ok', sent: 3, received: 3, error: null, detail: null });
    const { min, avg, max, jitter } = result!.rtt!;
    expect(min).toBeGreaterThan(0);
    expect(min % 1).not.toBe(0);
    expect(avg).toBeGreaterThanOrEqual(min);
    expect(max).toBeGreaterThanOrEqual(avg);
    expect(jitter).toBeGreaterThanOrEqual(0);
  });

  it('remembers that an fping with safe limits refuses a fast pace', async () => {
    const path = scripts.make('careful');
    const driver = driverOf(path);
    const many = Array.from({ length: 1_000 }, (_, num) =>
      probeTarget({ num, address: `127.1.${(num + 1) >> 8}.${(num + 1) & 255}`, timeoutMs: 1_500 }),
    );
    const probe = () => driver.probe(many, probeOptions({ budgetMs: 3_600 }));
    expect((await probe()).filter(({ outcome }) => outcome !== 'ok')).toEqual([]);
    expect((await probe()).filter(({ outcome }) => outcome !== 'ok')).toEqual([]);
    expect(scripts.left(path, 'args').match(/-i \S+/g)).toEqual(['-i 0.9', '-i 1', '-i 1']);
  });

  it('tells dead from alive, and sees a device come and go', async () => {
    const network = DeadNetwork.create();
    try {
      const driver = driverOf(scripts.script(network.fping));
      const targets = ['127.0.0.1', '10.99.0.1', '10.99.0.2', '10.77.0.1'].map((address, num) =>
        probeTarget({ num, address, packets: 2 }),
      );
      const probe = async () => (await driver.probe(targets, probeOptions())).map(({ outcome }) => outcome);
      expect(await probe()).toEqual(['ok', 'failed', 'failed', 'failed']);
      network.switch('10.99.0.2', true);
      expect(await probe()).toEqual(['ok', 'failed', 'ok', 'failed']);
      network.switch('10.99.0.2', false);
      const [, dead] = await driver.probe(targets, probeOptions());
      expect(dead).toEqual({
        num: 1,
        outcome: 'failed',
        sent: 2,
        received: 0,
        rtt: null,
        error: 'timeout',
        detail: null,
      });
    } finally {
      network.remove();
    }
  });

  it('keeps the words of fping of one device: the command, every packet and the report', async () => {
    const [result] = await driverOf('fping').probe([probeTarget({ packets: 2 })], probeOptions({ raw: true }));
    const lines = result!.raw!.trim().split('\n');
    expect(lines[0]).toMatch(/^\$ echo 127\.0\.0\.1 \| fping -C 2 -i \S+ -p 1000 -t 500 -r 0$/);
    expect(lines.slice(1).sort()).toEqual([
      expect.stringMatching(/^127\.0\.0\.1 : \d+\.\d+ \d+\.\d+$/),
      expect.stringMatching(/^127\.0\.0\.1 : \[0\], 64 bytes, .* loss\)$/),
      expect.stringMatching(/^127\.0\.0\.1 : \[1\], 64 bytes, .* loss\)$/),
    ]);
  });

  it('has its words at hand when ICMP says why', async () => {
    const says =
      'echo "ICMP Host Unreachable from 10.0.0.254 for ICMP Echo sent to 10.0.0.1" >&2; echo "10.0.0.1 : - -" >&2; exit 1';
    const target = probeTarget({ address: '10.0.0.1', packets: 2 });
    const [result] = await driverOf(scripts.script(says)).probe([target], probeOptions({ raw: true }));
    expect(result).toMatchObject({
      outcome: 'failed',
      error: 'unreachable',
      detail: { message: 'Host Unreachable from 10.0.0.254' },
      raw: expect.stringContaining(
        'ICMP Host Unreachable from 10.0.0.254 for ICMP Echo sent to 10.0.0.1\n10.0.0.1 : - -\n',
      ),
    });
  });
});
