import { commitFailure, pauseBefore } from './commit-failure.js';

const sql = (code: string) => Object.assign(new Error('x'), { driverError: Object.assign(new Error('x'), { code }) });

describe('commitFailure', () => {
  it.each([
    ['no partition', sql('23514'), 'partition'],
    ['a device that was deleted', sql('23503'), 'later'],
    ['a deadlock', sql('40P01'), 'later'],
    ['a lock that is not free', sql('55P03'), 'later'],
    ['a statement over its time', sql('57014'), 'later'],
    ['a session that was ended', sql('57P01'), 'later'],
    ['a lost connection', new Error('Connection terminated unexpectedly'), 'later'],
    ['a lost connection, wrapped', { message: 'x', driverError: new Error('Connection terminated') }, 'later'],
    ['a wrong statement', sql('42601'), 'final'],
    ['our own mistake', new TypeError('x is undefined'), 'final'],
  ])('%s', (_, error, failure) => {
    expect(commitFailure(error)).toBe(failure);
  });
});

describe('pauseBefore', () => {
  it('doubles up to two seconds', () => {
    expect([1, 2, 3, 4, 5, 6, 20].map(pauseBefore)).toEqual([100, 200, 400, 800, 1_600, 2_000, 2_000]);
  });
});
