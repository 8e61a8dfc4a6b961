import { maskSecrets } from './mask-secrets.js';

it('masks what a key calls a secret, at any depth, and nothing else', () => {
  const before = {
    name: 'router',
    snmp: [{ community: 'public', port: 161 }],
    password: 'x',
    apiKey: 'x',
    token: 'swd_x',
    token_id: '7',
    tokenHash: Buffer.from('x'),
    password_set_at: '2026',
    secret: null,
    at: new Date(0),
  };
  expect(maskSecrets(before)).toEqual({
    name: 'router',
    snmp: [{ community: '***', port: 161 }],
    password: '***',
    apiKey: '***',
    token: '***',
    token_id: '7',
    tokenHash: '***',
    password_set_at: '2026',
    secret: null,
    at: '1970-01-01T00:00:00.000Z',
  });
});
