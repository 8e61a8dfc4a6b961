import { checkVersion, connectionProblem } from './connection-problem.js';

const connection = { host: 'db', port: 5432, user: 'me', password: 'hunter2', database: 'ops' };

describe('connectionProblem', () => {
  it.each([
    ['nobody listens', { code: 'ECONNREFUSED' }, 'nothing listens there'],
    ['several addresses', { errors: [{ code: 'ECONNREFUSED' }] }, 'nothing listens there'],
    ['an unknown host', { code: 'ENOTFOUND' }, 'the host name db is not known'],
    ['silence', new Error('timeout expired'), 'it does not answer'],
    [
      'a wrong password',
      { code: '28P01' },
      'the password for the user me is wrong: correct it in DATABASE_URL or there',
    ],
    ['no database', { code: '3D000' }, 'it has no database ops: create it there with CREATE DATABASE "ops" OWNER "me"'],
    [
      'no TLS',
      new Error('The server does not support SSL connections'),
      expect.stringContaining('set sslmode=disable'),
    ],
    ['anything else, without the password', new Error('hunter2 is bad'), '… is bad'],
    ['nothing at all', undefined, 'unknown reason'],
  ])('explains %s', (_, error, expected) => expect(connectionProblem(error, connection)).toEqual(expected));
});

describe('checkVersion', () => {
  it('refuses what is too old by name', () => {
    expect(() => checkVersion(130_011, connection)).toThrow(
      'The database db:5432/ops is PostgreSQL 13; Swarmward needs 14 or newer.',
    );
    expect(() => checkVersion(140_000, connection)).not.toThrow();
  });
});
