import { lineRedactor } from './redaction.js';

describe('lineRedactor', () => {
  const redact = lineRedactor(['the-configured-admin-token', undefined, 'short']);

  it.each([
    ['a password in a URL', 'to postgres://me:hunter2@db:5432/x', 'to postgres://me:[redacted]@db:5432/x'],
    ['a password without a user', 'redis://:hunter2@cache:6379', 'redis://:[redacted]@cache:6379'],
    ['an API token', 'Bearer swd_abcdefghijklmnopqrstuvwxyz', 'Bearer [redacted]'],
    ['a configured secret', 'got the-configured-admin-token!', 'got [redacted]!'],
    ['nothing else', 'http://127.0.0.1:5001/docs is short', 'http://127.0.0.1:5001/docs is short'],
  ])('masks %s', (_, line, masked) => {
    expect(redact(line)).toBe(masked);
  });
});
