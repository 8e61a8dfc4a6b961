import { ProblemException } from './problem.js';
import { toProblem } from './to-problem.js';

const failure = (fields: object, message = 'secret of 10.0.0.1') => Object.assign(new Error(message), fields);

describe('toProblem', () => {
  it.each<[string, unknown, string]>([
    ['a connection that is refused', failure({ code: 'ECONNREFUSED' }), 'database_unavailable'],
    ['a socket file that is gone', failure({ code: 'ENOENT', syscall: 'connect' }), 'database_unavailable'],
    ['a pool that is used up', new Error('timeout exceeded when trying to connect'), 'database_unavailable'],
    ['a server that shuts down', failure({ driverError: { code: '57P01' } }), 'database_unavailable'],
    ['a server that starts', failure({ cause: { code: '57P03' } }), 'database_unavailable'],
    ['a statement that took too long', failure({ driverError: { code: '57014' } }), 'database_timeout'],
    ['a lock that did not come', failure({ driverError: { code: '55P03' } }), 'inventory_busy'],
    ['a deadlock', failure({ driverError: { code: '40P01' } }), 'inventory_busy'],
    ['a serialization failure', failure({ cause: { code: '40001' } }), 'inventory_busy'],
    ['a queue that is away', failure({ name: 'QueueUnavailableError', code: 'ECONNREFUSED' }), 'queue_unavailable'],
    ['a wrong statement', failure({ driverError: { code: '42P01' } }), 'internal_error'],
    ['a missing file', failure({ code: 'ENOENT', syscall: 'open' }), 'internal_error'],
    ['a mistake', new TypeError('secret of 10.0.0.1'), 'internal_error'],
    ['a thrown string', 'secret of 10.0.0.1', 'internal_error'],
    ['nothing', undefined, 'internal_error'],
    ['a body that is too large', failure({ code: 'FST_ERR_CTP_BODY_TOO_LARGE', statusCode: 413 }), 'body_too_large'],
    ['another mistake of the client', failure({ statusCode: 400 }), 'malformed_request'],
    ['a problem', new ProblemException('conflict'), 'conflict'],
  ])('makes of %s: %s', (_, error, code) => {
    const problem = toProblem(error);
    expect(problem.code).toBe(code);
    expect(JSON.stringify(problem.toProblem('1'))).not.toContain('secret');
  });

  it.each(['ECONNREFUSED', '55P03'])('says when to come back after %s', (code) => {
    expect(toProblem(failure({ code })).headers).toHaveProperty('retry-after');
  });

  it('does not hang on causes that go in a circle', () => {
    const error = failure({});
    Object.assign(error, { cause: error });
    expect(toProblem(error).code).toBe('internal_error');
  });
});
