import { outboundPolicy } from './outbound-guard.js';
import { canonicalHost, hostOf, literalRefusal, urlFault } from './receiver-host.js';

const open = outboundPolicy({}, undefined);
const production = outboundPolicy({}, 'production');

const METADATA_HOSTS = [
  '169.254.169.254',
  '169.254.169.254.',
  '2852039166',
  '0xa9fea9fe',
  '0xA9.0xFE.0xA9.0xFE',
  '0251.0376.0251.0376',
  '025177524776',
  '169.254.43518',
  '169.16689662',
  '0xA9.254.0251.254',
  '169。254。169。254',
  '１６９.254.169.254',
  '169%2e254%2e169%2e254',
  '[::ffff:169.254.169.254]',
  '[::ffff:a9fe:a9fe]',
  '[0:0:0:0:0:ffff:a9fe:a9fe]',
  'metadata.google.internal',
  'METADATA.google.internal.',
];

describe('the host of a URL', () => {
  it.each([
    ...METADATA_HOSTS.map((host) => `http://${host}/latest/meta-data`),
    'http://169.254.169.254:80/',
    'http:\\\\169.254.169.254\\x',
    'http://169.254.169.254?x@example.org',
    'http://169.254.169.254#@example.org',
    'http:169.254.169.254',
  ])('is refused in %s', (url) => {
    expect(urlFault(url)).toBeNull();
    expect(literalRefusal(hostOf(new URL(url)), open)).toContain('metadata service');
  });

  it.each(['http://localhost/', 'http://x.localhost./', 'http://127.1/', 'http://[::1]/', 'http://0x7f000001/'])(
    'is refused in production in %s',
    (url) => {
      expect(literalRefusal(hostOf(new URL(url)), open)).toBeNull();
      expect(literalRefusal(hostOf(new URL(url)), production)).not.toBeNull();
    },
  );

  it('is left to the look-up when it is a name', () =>
    expect(literalRefusal(hostOf(new URL('https://hooks.example.org/')), production)).toBeNull());
});

describe('urlFault', () => {
  it.each([
    ['ftp://example.org/', 'https://'],
    ['file:///etc/passwd', 'https://'],
    ['gopher://169.254.169.254/', 'https://'],
    ['javascript:alert(1)', 'https://'],
    ['http://example.org@169.254.169.254/', 'user'],
    ['https://user:password@example.org/', 'user'],
    ['http://:@x.org:0/', '65535'],
    ['http://example.org:0/', '65535'],
    ['http://example.org:65536/', 'Must be a URL'],
    ['http://[fe80::1%25eth0]/', 'Must be a URL'],
    ['http://1.2.3.256/', 'Must be a URL'],
    ['/hook', 'Must be a URL'],
    ['', 'Must be a URL'],
  ])('finds one in %s', (url, hint) => expect(urlFault(url)).toContain(hint));

  it.each(['https://example.org', 'http://example.org:65535/x?y=z', 'https://bücher.example/'])(
    'finds none in %s',
    (url) => expect(urlFault(url)).toBeNull(),
  );
});

describe('canonicalHost', () => {
  it.each([
    ['Mail.Example.ORG', 'mail.example.org'],
    ['2852039166', '169.254.169.254'],
    ['0xA9.0xFE.0xA9.0xFE', '169.254.169.254'],
    ['::FFFF:A9FE:A9FE', '::ffff:a9fe:a9fe'],
    ['[::1]', '::1'],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['smtp', 'smtp'],
  ])('makes %s %s', (text, host) => expect(canonicalHost(text)).toBe(host));

  it.each([
    '',
    'a b',
    'a/b',
    'x@y',
    'x:25',
    'x:',
    '[::1]:25',
    'fe80::1%eth0',
    '1.2.3.4.5',
    'a?b',
    'a#b',
    'a\\b',
    'x<y',
  ])('takes %p for no host', (text) => expect(canonicalHost(text)).toBeNull());
});
