import { networkFault } from './network-error.js';

describe('networkFault', () => {
  it.each([
    ['ECONNREFUSED', 'failed', 'refused'],
    ['EHOSTUNREACH', 'failed', 'unreachable'],
    ['ECONNRESET', 'failed', 'reset'],
    ['HPE_INVALID_CONSTANT', 'failed', 'bad_answer'],
    ['HPE_HEADER_OVERFLOW', 'failed', 'bad_answer'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'failed', 'tls'],
    ['EPROTO', 'failed', 'tls'],
    ['EMFILE', 'unknown', 'out_of_sockets'],
    ['EADDRNOTAVAIL', 'unknown', 'out_of_sockets'],
    ['EPERM', 'unknown', 'not_permitted'],
    ['SOMETHING', 'failed', 'connection'],
    [undefined, 'failed', 'connection'],
  ])('%s: %s, %s', (code, outcome, error) => expect(networkFault(code)).toEqual({ outcome, error }));
});
