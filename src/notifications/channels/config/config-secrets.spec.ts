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
    expect(partConfig('webhook', { url: 'https://x' }).shown).toEqual({ url: 'https://x' }));
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

  it('leaves a mask that stands for nothing, to be refused', () => {
    const changed = changedConfig('webhook', { url: 'https://x' }, { secret: MASK, headers: { A: MASK } });
    expect(maskedPaths('webhook', changed)).toEqual(['config.secret', 'config.headers.A']);
    expect(maskedPaths('webhook', hook)).toEqual([]);
  });
});

describe('strayingPaths', () => {
  it.each<[string, Record<string, unknown>, string[]]>([
    ['the same host', { ...hook, url: 'https://a.example.org/y?z' }, []],
    [
      'another host',
      { ...hook, url: 'https://b.example.org/x' },
      ['config.headers.Authorization', 'config.headers.X-Team'],
    ],
    [
      'another port',
      { ...hook, url: 'https://a.example.org:444/x' },
      ['config.headers.Authorization', 'config.headers.X-Team'],
    ],
    ['another host, given again', { ...hook, url: 'https://b.example.org/x', headers: { Authorization: 'new' } }, []],
  ])('of %s', (_, changed, paths) => expect(strayingPaths('webhook', hook, changed)).toEqual(paths));

  it('knows the host of mail', () => {
    const mail = { host: 'a.example.org', security: 'starttls', verify_tls: true, user: 'u', password: 'p' };
    expect(strayingPaths('email', mail, { ...mail, host: 'A.example.org', port: 587, user: 'v' })).toEqual([]);
    for (const change of [{ host: 'b.example.org' }, { port: 25 }, { security: 'none' }, { verify_tls: false }]) {
      expect(strayingPaths('email', mail, { ...mail, ...change })).toEqual(['config.password']);
      expect(strayingPaths('email', mail, { ...mail, ...change, password: 'q' })).toEqual([]);
    }
  });

  it('knows a way without TLS', () => {
    expect(strayingPaths('webhook', hook, { ...hook, url: 'http://a.example.org:443/x' })).toHaveLength(2);
    const bot = { bot_token: 't', base_url: 'https://bot.example.org' };
    expect(strayingPaths('telegram', bot, { ...bot, base_url: 'http://bot.example.org' })).toEqual([
      'config.bot_token',
    ]);
  });
});

it('secretTexts are those of headers and the address of a webhook as well', () => {
  expect(secretTexts('webhook', hook)).toEqual(['signs', 'Bearer t', 'ops', hook.url]);
  expect(secretTexts('telegram', { bot_token: 't', chat_id: '1' })).toEqual(['t']);
  expect(secretTexts('email', { user: 'u', password: 'p' })).toEqual(['p', '\0u\0p']);
  expect(secretTexts('email', { to: ['a@b.c'] })).toEqual([]);
});
