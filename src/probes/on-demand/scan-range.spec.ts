import { MAX_SCAN, scanRange } from './scan-range.js';

const read = (text: string) => {
  const range = scanRange(text);
  return 'refused' in range ? range : { cidr: range.cidr, size: range.size, addresses: range.addresses() };
};

describe('scanRange', () => {
  it.each([
    ['10.1.2.0/30', '10.1.2.0/30', ['10.1.2.1', '10.1.2.2']],
    ['10.1.2.77/30', '10.1.2.76/30', ['10.1.2.77', '10.1.2.78']],
    ['10.1.2.3/32', '10.1.2.3/32', ['10.1.2.3']],
    ['10.1.2.2/31', '10.1.2.2/31', ['10.1.2.2', '10.1.2.3']],
    ['127.0.0.0/30', '127.0.0.0/30', ['127.0.0.1', '127.0.0.2']],
    ['fd00::1:ffff/127', 'fd00::1:fffe/127', ['fd00::1:fffe', 'fd00::1:ffff']],
    ['::1/128', '::1/128', ['::1']],
  ])('%s', (text, cidr, addresses) => {
    expect(read(text)).toEqual({ cidr, size: addresses.length, addresses });
  });

  it.each([
    ['10.1.16.0/20', 4_094, '10.1.16.1', '10.1.31.254'],
    ['10.1.2.0/24', 254, '10.1.2.1', '10.1.2.254'],
    ['2001:db8::/116', 4_096, '2001:db8::', '2001:db8::fff'],
  ])('%s has %d addresses', (text, size, first, last) => {
    const range = read(text) as { addresses: string[] };
    expect(range.addresses).toHaveLength(size);
    expect(new Set(range.addresses).size).toBe(size);
    expect([range.addresses[0], range.addresses.at(-1)]).toEqual([first, last]);
    expect(size).toBeLessThanOrEqual(MAX_SCAN);
  });

  it.each([
    ['0.0.0.0/0', /at most 4,096 addresses: \/20/],
    ['10.0.0.0/19', /at most 4,096 addresses: \/20/],
    ['::/0', /at most 4,096 addresses: \/116/],
    ['2001:db8::/115', /\/116 or smaller/],
    ['224.0.0.0/24', /multicast/],
    ['239.255.255.250/32', /multicast/],
    ['ff02::/120', /multicast/],
    ['0.0.0.0/24', /unspecified/],
    ['255.255.255.255/32', /broadcast/],
    ['::ffff:10.0.0.0/120', /written as IPv4/],
    ['10.0.0.1', /Must be a subnet/],
    ['10.1/24', /not valid/],
    ['010.0.0.0/24', /not valid/],
    ['0x0a.0.0.0/24', /Must be a subnet/],
    ['10.0.0.0/33', /not valid/],
    ['fd00::/129', /not valid/],
    ['fe80::1%eth0/128', /Must be a subnet/],
    ['switch.example/24', /Must be a subnet/],
    ['10.0.0.0/24; rm -rf /', /Must be a subnet/],
    ['', /Must be a subnet/],
  ])('refuses %j with the reason', (text, reason) => {
    expect(read(text)).toEqual({ refused: expect.stringMatching(reason) });
  });
});
