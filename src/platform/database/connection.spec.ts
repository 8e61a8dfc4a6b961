import { DatabaseUrlError, describeConnection, parseDatabaseUrl } from './connection.js';

describe('parseDatabaseUrl', () => {
  const plain = { host: 'db', port: 5432, user: 'me', password: 'pw', database: 'ops' };

  it.each([
    ['everything', 'postgres://me:pw@db:6432/ops', { ...plain, port: 6432 }],
    ['the default port', 'postgresql://me:pw@db/ops', plain],
    [
      'percent-encoding',
      'postgres://m%40e:p%2Fw%25@db/o%20ps',
      { ...plain, user: 'm@e', password: 'p/w%', database: 'o ps' },
    ],
    ['no password', 'postgres://me@db/ops', { ...plain, password: undefined }],
    ['no database: that of the user', 'postgres://me:pw@db', { ...plain, database: 'me' }],
    ['nothing', 'postgres://', { host: 'localhost', port: 5432, user: 'postgres', database: 'postgres' }],
    ['an IPv6 address', 'postgres://me:pw@[::1]/ops', { ...plain, host: '::1' }],
    ['a socket in the host', 'postgres://me:pw@%2Frun%2Fpg/ops', { ...plain, host: '/run/pg' }],
    ['a socket as a parameter', 'postgres:///ops?host=/run/pg&user=me&password=pw', { ...plain, host: '/run/pg' }],
    ['no TLS', 'postgres://me:pw@db/ops?sslmode=prefer', { ...plain, tls: undefined }],
    ['any certificate', 'postgres://me:pw@db/ops?sslmode=require', { ...plain, tls: { verify: 'none' } }],
    [
      'a certificate with its root',
      'postgres://me:pw@db/ops?sslmode=require&sslrootcert=/ca.pem',
      { ...plain, tls: { verify: 'signer', rootCertificateFile: '/ca.pem' } },
    ],
    ['a checked signer', 'postgres://me:pw@db/ops?sslmode=verify-ca', { ...plain, tls: { verify: 'signer' } }],
    ['a checked name', 'postgres://me:pw@db/ops?sslmode=verify-full', { ...plain, tls: { verify: 'name' } }],
  ])('reads %s', (_, url, expected) => {
    expect(parseDatabaseUrl(url)).toMatchObject(expected);
  });

  it.each([
    ['no URL', 'hunter2', /is not a URL such as/],
    ['an unknown sslmode', 'postgres://me:hunter2@db/ops?sslmode=yes', /must be one of disable, allow/],
    ['a broken encoding', 'postgres://me:hunter2%@db/ops', /write % as %25/],
    ['a port that is none', 'postgres:///ops?port=x&password=hunter2', /is not a port/],
  ])('refuses %s and keeps the password to itself', (_, url, message) => {
    expect(() => parseDatabaseUrl(url)).toThrow(DatabaseUrlError);
    expect(() => parseDatabaseUrl(url)).toThrow(message);
    expect(() => parseDatabaseUrl(url)).not.toThrow(/hunter2/);
  });
});

describe('describeConnection', () => {
  it.each([
    ['postgres://me:hunter2@db:1/ops', 'db:1/ops'],
    ['postgres://me:hunter2@[::1]/ops', '[::1]:5432/ops'],
    ['postgres://me:hunter2@%2Frun%2Fpg/ops', '/run/pg/ops'],
  ])('shortens %s to %s', (url, expected) => {
    expect(describeConnection(parseDatabaseUrl(url))).toBe(expected);
  });
});
