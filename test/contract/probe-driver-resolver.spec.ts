import { AddressResolver } from '../../src/probes/drivers/address-resolver.client.js';

/** A name server under the test's control. */
class ScriptedResolver extends AddressResolver {
  readonly asked: string[] = [];
  atOnce = 0;
  mostAtOnce = 0;
  reply: (name: string) => Promise<string | null> = async () => '10.0.0.1';

  protected override async lookUp(name: string): Promise<string | null> {
    this.asked.push(name);
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.atOnce);
    return this.reply(name).finally(() => (this.atOnce -= 1));
  }
}

const gone = () => Promise.reject(Object.assign(new Error('queryA EAI_AGAIN'), { code: 'EAI_AGAIN' }));

describe('AddressResolver', () => {
  let resolver: ScriptedResolver;
  beforeEach(() => {
    resolver = new ScriptedResolver();
  });
  afterEach(() => jest.restoreAllMocks());
  let passed = 0;
  const later = (ms: number) => {
    passed += ms;
    jest.restoreAllMocks();
    const now = performance.now.bind(performance);
    jest.spyOn(performance, 'now').mockImplementation(() => now() + passed);
  };

  it.each(['10.1.2.3', '::1', 'fe80::1%eth0'])('passes the number %s through', async (address) => {
    expect(await resolver.resolve(address)).toBe(address);
    expect(resolver.asked).toEqual([]);
  });

  it('resolves what the system knows', async () => {
    expect(await new AddressResolver().resolve('localhost')).toBe('127.0.0.1');
  });

  it.each(['127.1', '0x7f.1', '2130706433', 'a b', '', 'x'.repeat(300)])('does not ask for %j', async (name) => {
    expect(await resolver.resolve(name)).toBeNull();
    expect(resolver.asked).toEqual([]);
  });

  it('asks once a minute, and once for all who wait', async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => resolver.resolve('switch.example')));
    expect(new Set(answers)).toEqual(new Set(['10.0.0.1']));
    await resolver.resolve('switch.example');
    expect(resolver.asked).toHaveLength(1);
    resolver.reply = async () => '10.0.0.2';
    later(61_000);
    expect(await resolver.resolve('switch.example')).toBe('10.0.0.2');
  });

  it('uses the last answer for an hour when the name server is away', async () => {
    await resolver.resolve('switch.example');
    resolver.reply = gone;
    later(61_000);
    expect(await resolver.resolve('switch.example')).toBe('10.0.0.1');
    expect(await resolver.resolve('switch.example')).toBe('10.0.0.1');
    expect(resolver.asked).toHaveLength(2);
    later(3_600_000);
    expect(await resolver.resolve('switch.example')).toBeNull();
  });

  it('remembers a failure for 10 s', async () => {
    resolver.reply = gone;
    expect(await resolver.resolve('switch.example')).toBeNull();
    expect(await resolver.resolve('switch.example')).toBeNull();
    expect(resolver.asked).toHaveLength(1);
    resolver.reply = async () => '10.0.0.1';
    later(10_001);
    expect(await resolver.resolve('switch.example')).toBe('10.0.0.1');
  });

  it('waits two seconds at most, asks two at once, and takes a late answer for the next one', async () => {
    const waiting: ((address: string) => void)[] = [];
    resolver.reply = () => new Promise((resolve) => waiting.push(resolve));
    const startedAt = performance.now();
    const names = ['a.example', 'b.example', 'c.example'];
    const results = await Promise.all(names.map((name) => resolver.resolve(name)));
    // Not two seconds each: the third one is not asked for anew.
    expect(performance.now() - startedAt).toBeLessThan(3_900);
    expect(results).toEqual([null, null, null]);
    expect(resolver.mostAtOnce).toBe(2);
    for (const answer of waiting) answer('10.0.0.7');
    await new Promise(setImmediate);
    expect(await resolver.resolve('a.example')).toBe('10.0.0.7');
  });

  it('leaves out what has no answer when the batch is over', async () => {
    resolver.reply = (name) => (name === 'slow.example' ? new Promise(() => undefined) : Promise.resolve('10.0.0.1'));
    const stop = new AbortController();
    const asked = resolver.resolveAll(['fast.example', 'slow.example'], stop.signal);
    setTimeout(() => stop.abort(), 50);
    expect(Object.fromEntries(await asked)).toEqual({ 'fast.example': '10.0.0.1' });
  });
});
