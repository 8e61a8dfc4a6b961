import { groupPings } from './ping-groups.js';

const ping = (address: string, packets = 3, timeoutMs = 900) => ({ address, packets, timeoutMs });

describe('groupPings', () => {
  it('makes one group of the same arguments, IPv4 and IPv6 together, every address once', () => {
    expect(
      groupPings([ping('10.0.0.1'), ping('::1'), ping('10.0.0.1'), ping('10.0.0.1', 5), ping('10.0.0.2', 3, 500)]),
    ).toEqual([
      { packets: 3, timeoutMs: 900, addresses: ['10.0.0.1', '::1'] },
      { packets: 5, timeoutMs: 900, addresses: ['10.0.0.1'] },
      { packets: 3, timeoutMs: 500, addresses: ['10.0.0.2'] },
    ]);
  });

  it('splits what is too much for one fping', () => {
    const pings = Array.from({ length: 25_000 }, (_, index) =>
      ping(`10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`),
    );
    const groups = groupPings(pings);
    expect(groups.map(({ addresses }) => addresses.length)).toEqual([10_000, 10_000, 5_000]);
    expect(new Set(groups.flatMap(({ addresses }) => addresses)).size).toBe(25_000);
  });

  it('has nothing to do for nothing', () => expect(groupPings([])).toEqual([]));
});
