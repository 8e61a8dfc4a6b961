import { isConnectionFailure } from './connection-failure.js';

const coded = (code: string) => Object.assign(new Error('x'), { code });

describe('isConnectionFailure', () => {
  it.each([
    ['a refused connection', coded('ECONNREFUSED')],
    ['a socket file that is gone', coded('ENOENT')],
    ['a server that shuts down', coded('57P01')],
    ['a server that starts', coded('57P03')],
    ['a lost connection', new Error('Connection terminated unexpectedly')],
    ['a pool that got none', new Error('timeout exceeded when trying to connect')],
    ['a frozen server', new Error('Query read timeout')],
    ['Redis away', new Error("Stream isn't writeable and enableOfflineQueue options is false")],
    ['no address that answers', new AggregateError([coded('ECONNREFUSED')])],
  ])('sees %s', (_, error) => {
    expect(isConnectionFailure(error)).toBe(true);
  });

  it.each([
    ['a wrong statement', coded('42601')],
    ['an error of a handler', new Error('Docker says no')],
    ['no error at all', 'ECONNREFUSED'],
  ])('does not take %s for one', (_, error) => {
    expect(isConnectionFailure(error)).toBe(false);
  });
});
