import { readAddress } from './device-address.js';
import { deviceChanges, readNewDevice } from './device-rules.js';
import { readUrl } from './device-url.js';
import { readExpectedStatus } from './expected-status.js';

describe('an address', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    [' 10.0.0.255 ', '10.0.0.255'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['2001:db8:0:1:0:0:0:1', '2001:db8:0:1::1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:c000:0201', '192.0.2.1'],
    ['::1', '::1'],
    ['Core-1.Example.NET.', 'core-1.example.net'],
    ['localhost', 'localhost'],
    ['3com.example', '3com.example'],
    ['240.0.0.1', '240.0.0.1'],
    [`${'a'.repeat(63)}.example`, `${'a'.repeat(63)}.example`],
  ])('%s is %s', (text, address) => expect(readAddress(text)).toEqual({ address }));

  it.each([
    ['', /empty/],
    ['127.1', /four decimal numbers/],
    ['2130706433', /four decimal numbers/],
    ['0x7f000001', /four decimal numbers/],
    ['0x7f.0.0.1', /four decimal numbers/],
    ['1.2.3.4.', /four decimal numbers/],
    ['host.123', /four decimal numbers/],
    ['010.0.0.1', /leading zeros/],
    ['256.0.0.1', /up to 255/],
    ['10.0.0.0/24', /one device/],
    ['0.0.0.0', /stands for none/],
    ['::', /stands for none/],
    ['::ffff:0.0.0.0', /stands for none/],
    ['224.0.0.1', /multicast/],
    ['ff02::1', /multicast/],
    ['::ffff:239.1.1.1', /multicast/],
    ['255.255.255.255', /broadcast/],
    ['fe80::1%eth0', /zone/],
    ['fe80::1', /link-local/],
    ['[::1]', /brackets/],
    ['host:80', /IPv6 address/],
    ['1::2::3', /IPv6 address/],
    ['under_score.example', /DNS name/],
    ['-a.example', /DNS name/],
    ['a..b', /DNS name/],
    ['.', /DNS name/],
    ['a b', /DNS name/],
    ['bücher.example', /ASCII form/],
    [`${'a'.repeat(64)}.example`, /DNS name/],
    [`${'a.'.repeat(127)}example`, /253/],
  ])('%s is refused', (text, reason) => expect(readAddress(text)).toEqual({ problem: expect.stringMatching(reason) }));
});

describe('a url', () => {
  it.each([
    ['HTTP://Example.com', { url: 'http://example.com/' }],
    ['https://[2001:db8::1]:8443/a?b=c', { url: 'https://[2001:db8::1]:8443/a?b=c' }],
    ['ftp://example.com', { problem: expect.stringContaining('absolute') }],
    ['/health', { problem: expect.stringContaining('absolute') }],
    ['http://user@example.com', { problem: expect.stringContaining('password') }],
    ['http://0.0.0.0/', { problem: expect.stringContaining('stands for none') }],
    [`http://example.com/${'a'.repeat(2_000)}`, { problem: expect.stringContaining('2000') }],
  ])('%s', (text, expected) => expect(readUrl(text)).toEqual(expected));
});

it.each([
  ['200', '200'],
  ['200-299', '200-299'],
  ['200, 301 - 302', '200,301-302'],
  ['299-200', null],
  ['600', null],
  ['2xx', null],
  ['200,', null],
  ['', null],
])('the expected status %s is %s', (text, expected) => expect(readExpectedStatus(text)).toBe(expected));

describe('a new device', () => {
  const valid = { name: 'a', ip: '10.0.0.1' };

  it('is read with its references folded and its words tidied', () => {
    const site = '0b9c1f7e-5f0a-4c53-9d0e-3d1f6c3a2b10';
    const row = {
      ...valid,
      name: ' a ',
      vendor: ' ',
      expected_body: '',
      site_id: site,
      tags: ['B', 'b', 'ä1'],
      custom_fields: { ' region ': 'x', n: 1.5 },
    };
    expect(readNewDevice(row)).toEqual({
      device: {
        ...valid,
        vendor: null,
        expected_body: null,
        site,
        tags: ['b', 'ä1'],
        custom_fields: { region: 'x', n: 1.5 },
      },
    });
  });

  it.each<[string, object, string]>([
    ['no name', { ip: '10.0.0.1' }, 'name'],
    ['a blank name', { ...valid, name: ' ' }, 'name'],
    ['no address', { name: 'a' }, 'ip'],
    ['a site said twice', { ...valid, site: 'x', site_id: '0b9c1f7e-5f0a-4c53-9d0e-3d1f6c3a2b10' }, 'site_id'],
    ['a tag of two words', { ...valid, tags: ['two words'] }, 'tags.0'],
    ['51 tags', { ...valid, tags: Array.from({ length: 51 }, (_, n) => `t${n}`) }, 'tags'],
    [
      '101 custom fields',
      { ...valid, custom_fields: Object.fromEntries(Array.from({ length: 101 }, (_, n) => [n, n])) },
      'custom_fields',
    ],
    [
      'custom fields of 17 KiB',
      { ...valid, custom_fields: Object.fromEntries(Array.from({ length: 17 }, (_, n) => [n, 'x'.repeat(1_024)])) },
      'custom_fields',
    ],
    ['a line break in the name of a custom field', { ...valid, custom_fields: { 'a\nb': 1 } }, 'custom_fields'],
    ['a blank name of a custom field', { ...valid, custom_fields: { ' ': 1 } }, 'custom_fields'],
    ['a long name of a custom field', { ...valid, custom_fields: { ['a'.repeat(101)]: 1 } }, 'custom_fields'],
    ['a custom field said twice', { ...valid, custom_fields: { a: 1, 'a ': 2 } }, 'custom_fields'],
    ['a list in a custom field', { ...valid, custom_fields: { a: [] } }, 'custom_fields.a'],
    ['a NUL', { ...valid, vendor: 'a\0' }, 'vendor'],
    ['half a surrogate pair in a custom field', { ...valid, custom_fields: { a: '\ud800' } }, 'custom_fields'],
    ['an unknown field', { ...valid, colour: 'red' }, 'colour'],
    ['a port of 0', { ...valid, check_kind: 'tcp', port: 0 }, 'port'],
    ['no port for TCP', { ...valid, check_kind: 'tcp' }, 'port'],
    ['no url for HTTP', { ...valid, check_kind: 'http' }, 'url'],
  ])('is refused with %s', (_, row, path) => {
    const result = readNewDevice(row);
    expect('errors' in result && result.errors.map((error) => error.path)).toContain(path);
  });

  it.each([[null], ['text'], [[]], [7]])('is refused when it is %p', (row) =>
    expect(readNewDevice(row)).toHaveProperty('errors'),
  );
});

it('changes say only what they name', () => {
  expect(
    Object.keys(deviceChanges.parse({ enabled: false })).filter((key) => key === 'name' || key === 'tags'),
  ).toEqual([]);
  expect(deviceChanges.safeParse({}).success).toBe(false);
});
