import { outboundPolicy, refusalOf } from './outbound-guard.js';

const open = outboundPolicy({}, undefined);
const production = outboundPolicy({}, 'production');

describe('refusalOf', () => {
  it.each([
    ['metadata of most clouds', '169.254.169.254'],
    ['link-local', '169.254.0.1'],
    ['metadata of AWS over IPv6', 'fd00:ec2::254'],
    ['metadata of AWS over IPv6, written out', 'fd00:0ec2:0:0:0:0:0:0254'],
    ['metadata of Google over IPv6', 'fd20:ce::254'],
    ['metadata of Alibaba', '100.100.100.200'],
    ['metadata of Azure', '168.63.129.16'],
    ['link-local IPv6', 'fe80::1'],
    ['the end of link-local IPv6', 'febf:ffff::1'],
    ['unspecified', '0.0.0.0'],
    ['this network', '0.1.2.3'],
    ['unspecified IPv6', '::'],
    ['multicast', '224.0.0.1'],
    ['multicast IPv6', 'ff02::1'],
    ['broadcast', '255.255.255.255'],
    ['reserved', '240.0.0.1'],
    ['documentation', '192.0.2.1'],
    ['documentation IPv6', '2001:db8::1'],
    ['discard', '100::1'],
    ['mapped', '::ffff:169.254.169.254'],
    ['mapped in hexadecimal', '::ffff:a9fe:a9fe'],
    ['compatible', '::a9fe:a9fe'],
    ['translated', '::ffff:0:a9fe:a9fe'],
    ['NAT64', '64:ff9b::a9fe:a9fe'],
    ['local NAT64', '64:ff9b:1::1'],
    ['6to4', '2002:a9fe:a9fe::1'],
    ['Teredo server', '2001:0:a9fe:a9fe::1'],
    ['Teredo client', '2001:0:808:808:0:0:5601:5601'],
    ['ISATAP', '2600::5efe:a9fe:a9fe'],
    ['ISATAP, global', '2600::200:5efe:a9fe:a9fe'],
    ['mapped unspecified', '::ffff:0.0.0.0'],
    ['a zone', 'fe80::1%eth0'],
    ['no address', 'example.org'],
  ])('never allows %s (%s)', (_, address) => {
    expect(refusalOf(address, open)).not.toBeNull();
    expect(refusalOf(address, production)).not.toBeNull();
  });

  it.each([
    ['loopback', '127.0.0.1'],
    ['all of loopback', '127.255.0.9'],
    ['loopback IPv6', '::1'],
    ['10/8', '10.0.0.1'],
    ['172.16/12', '172.31.255.255'],
    ['192.168/16', '192.168.1.1'],
    ['a provider’s', '100.64.0.1'],
    ['unique local', 'fd12::1'],
    ['site-local', 'fec0::1'],
    ['mapped loopback', '::ffff:127.0.0.1'],
    ['mapped private', '::ffff:10.1.1.1'],
    ['6to4 of a private one', '2002:0a00:0001::1'],
    ['compatible loopback', '::127.0.0.1'],
    ['NAT64 of a private one', '64:ff9b::192.168.0.1'],
  ])('allows %s (%s) only where private addresses are', (_, address) => {
    expect(refusalOf(address, open)).toBeNull();
    expect(refusalOf(address, production)).toMatch(/SWARMWARD_OUTBOUND_PRIVATE=true, .*SWARMWARD_OUTBOUND_ALLOW=/);
  });

  it.each([
    '1.1.1.1',
    '172.32.0.1',
    '100.128.0.1',
    '2606:4700::1111',
    '64:ff9b::101:101',
    '2002:101:101::1',
    '::ffff:1.1.1.1',
  ])('allows %s', (address) => expect(refusalOf(address, production)).toBeNull());

  it.each([
    ['169.254.169.254', '169.254.0.0/16', true],
    ['::ffff:169.254.169.254', '169.254.169.254/32', true],
    ['169.254.1.1', '169.254.169.254/32', false],
    ['10.1.0.5', '10.1.0.0/16', true],
    ['10.2.0.5', '10.1.0.0/16', false],
    ['fd00:ec2::254', 'fd00::/8', true],
    ['127.0.0.1', '::/0', false],
  ])('in production, allows %s with %s: %s', (address, network, allowed) => {
    const policy = outboundPolicy({ outboundAllow: [network] }, 'production');
    expect(refusalOf(address, policy) === null).toBe(allowed);
  });

  it('does as it is told before it looks at NODE_ENV', () => {
    expect(refusalOf('127.0.0.1', outboundPolicy({ outboundPrivate: true }, 'production'))).toBeNull();
    expect(refusalOf('127.0.0.1', outboundPolicy({ outboundPrivate: false }, 'test'))).not.toBeNull();
  });

  it('says what it is and what allows it', () => {
    expect(refusalOf('::ffff:169.254.169.254', open)).toBe(
      '::ffff:169.254.169.254 is the address of a metadata service (169.254.169.254). Only SWARMWARD_OUTBOUND_ALLOW=169.254.169.254/32 allows it.',
    );
  });
});
