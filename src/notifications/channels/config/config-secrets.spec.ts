import type { ChannelKind } from '../channel-driver.port.js';
import { changedConfig, MASK, maskedPaths, partConfig, secretTexts, strayingPaths } from './config-secrets.js';

const hook = {
  url: 'https://a.example.org/x',
  secret: 'signs',
  headers: { Authorization: 'Bearer t', 'X-Team': 'ops' },
};
const masked = { ...hook, secret: MASK, headers: { Authorization: MASK, 'X-Team': MASK } };

describe('partConfig', () => {
  it('masks every secret, each header its own', () => {
    expect(partConfig('webhook', hook)).toEqual({
      shown: masked,
      secrets: { secret: hook.secret, headers: hook.headers },
    });
    expect(partConfig('slack', { url: 'https://x' })).toEqual({ shown: { url: MASK }, secrets: { url: 'https://x' } });
  });

  it('shows no mask where there is no secret', () =>
    expect(partConfig('webhook', { url: 'https://x' })).toEqual({ shown: { url: 'https://x' }, secrets: {} }));

  it('masks the query of a webhook, in which keys are given', () =>
    expect(partConfig('webhook', { url: 'https://x/y?key=k&z' })).toEqual({
      shown: { url: 'https://x/y?********' },
      secrets: { url: 'https://x/y?key=k&z' },
    }));

  it.each([
    ['https://x/y?key=k#part', 'https://x/y?********'],
    ['https://x/y#part?no-query', 'https://x/y#part?no-query'],
  ])('tells a query from a fragment: %s', (url, shown) =>
    expect(partConfig('webhook', { url }).shown).toEqual({ url: shown }),
  );
});

describe('changedConfig', () => {
  it.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    ['nothing', {}, hook],
    ['what was shown', masked, hook],
    ['another secret', { secret: 'new' }, { ...hook, secret: 'new' }],
    ['no secret', { secret: null }, { url: hook.url, headers: hook.headers }],
    ['one header less', { headers: { 'X-Team': MASK } }, { ...hook, headers: { 'X-Team': 'ops' } }],
    ['one header more', { headers: { ...masked.headers, A: 'b' } }, { ...hook, headers: { ...hook.headers, A: 'b' } }],
    ['an unknown field', { x: MASK }, { ...hook, x: MASK }],
  ])('takes %s', (_, change, result) => expect(changedConfig('webhook', hook, change)).toEqual(result));

  it.each([
    ['https://a.example.org/y?********', 'https://a.example.org/y?key=k'],
    ['https://a.example.org/y?key=new', 'https://a.example.org/y?key=new'],
    ['https://a.example.org/y', 'https://a.example.org/y'],
    ['https://a.example.org/y?********#part', 'https://a.example.org/y?key=k'],
  ])('takes the address %s', (url, result) =>
    expect(changedConfig('webhook', { url: 'https://a.example.org/x?key=k' }, { url })).toEqual({ url: result }),
  );

  it('leaves a mask that stands for nothing, to be refused', () => {
    expect(maskedPaths('webhook', changedConfig('webhook', hook, { url: 'https://x?********' }))).toEqual([
      'config.url',
    ]);
    const changed = changedConfig('webhook', { url: 'https://x' }, { secret: MASK, headers: { A: MASK } });
    expect(maskedPaths('webhook', changed)).toEqual(['config.secret', 'config.headers.A']);
    expect(maskedPaths('webhook', hook)).toEqual([]);
  });
});

it.each(['?********&a=b', '?a=********', '#?********', '/********'])('an address with %s is refused', (rest) => {
  const url = `https://a.example.org/x${rest}`;
  expect(maskedPaths('webhook', { url })).toEqual(['config.url']);
  const changed = changedConfig('webhook', { url: 'https://a.example.org/x?key=k' }, { url });
  expect(maskedPaths('webhook', changed)).toEqual(['config.url']);
});

describe('strayingPaths', () => {
  const straying = (kind: ChannelKind, stored: Record<string, unknown>, change: Record<string, unknown>) =>
    strayingPaths(kind, stored, changedConfig(kind, stored, change), change);
  const ofHeaders = ['config.headers.Authorization', 'config.headers.X-Team'];

  it.each<[string, Record<string, unknown>, string[]]>([
    ['the same host', { url: 'https://a.example.org/y?z' }, []],
    ['another host', { url: 'https://b.example.org/x' }, ofHeaders],
    ['another port', { url: 'https://a.example.org:444/x' }, ofHeaders],
    ['another host, masked', { url: 'https://b.example.org/x', headers: masked.headers }, ofHeaders],
    ['another host, others given', { url: 'https://b.example.org/x', headers: { Authorization: 'new' } }, []],
    ['another host, the same given again', { url: 'https://b.example.org/x', headers: hook.headers }, []],
  ])('of %s', (_, change, paths) => expect(straying('webhook', hook, change)).toEqual(paths));

  it('knows the query of a webhook', () => {
    const keyed = { url: 'https://a.example.org/x?key=k' };
    expect(straying('webhook', keyed, { url: 'https://a.example.org/y?********' })).toEqual([]);
    expect(straying('webhook', keyed, { url: 'https://b.example.org/x?********' })).toEqual(['config.url']);
    expect(straying('webhook', keyed, { url: 'https://b.example.org/x?key=k' })).toEqual([]);
  });

  it('knows the host of mail', () => {
    const mail = { host: 'a.example.org', security: 'starttls', verify_tls: true, user: 'u', password: 'p' };
    expect(straying('email', mail, { host: 'A.example.org', port: 587, user: 'v' })).toEqual([]);
    for (const change of [{ host: 'b.example.org' }, { port: 25 }, { security: 'none' }, { verify_tls: false }]) {
      expect(straying('email', mail, change)).toEqual(['config.password']);
      expect(straying('email', mail, { ...change, password: 'q' })).toEqual([]);
    }
  });

  it('knows a way without TLS', () => {
    expect(straying('webhook', hook, { url: 'http://a.example.org:443/x' })).toHaveLength(2);
    const bot = { bot_token: 't', base_url: 'https://bot.example.org' };
    expect(straying('telegram', bot, { base_url: 'http://bot.example.org' })).toEqual(['config.bot_token']);
  });
});

it('secretTexts are those of headers and the address of a webhook as well', () => {
  expect(secretTexts('webhook', hook)).toEqual(['signs', 'Bearer t', 'ops', hook.url]);
  expect(secretTexts('telegram', { bot_token: 't', chat_id: '1' })).toEqual(['t']);
  expect(secretTexts('email', { user: 'u', password: 'p' })).toEqual(['p', '\0u\0p']);
  expect(secretTexts('email', { to: ['a@b.c'] })).toEqual([]);
});
