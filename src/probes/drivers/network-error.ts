import type { ProbeOutcome } from './probe-driver.port.js';

/** What an error of a connection says about the target. */
export interface NetworkFault {
  outcome: Exclude<ProbeOutcome, 'ok'>;
  error: string;
}

const FAILED: Record<string, string> = {
  ECONNREFUSED: 'refused',
  ECONNRESET: 'reset',
  EPIPE: 'reset',
  ETIMEDOUT: 'timeout',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  EHOSTDOWN: 'unreachable',
  EPROTO: 'tls',
};
/** Nothing was asked of the target: this machine did not let it out. */
const OURS: Record<string, string> = {
  EACCES: 'not_permitted',
  EPERM: 'not_permitted',
  EMFILE: 'out_of_sockets',
  ENFILE: 'out_of_sockets',
  ENOBUFS: 'out_of_sockets',
  ENOMEM: 'out_of_sockets',
  EADDRNOTAVAIL: 'out_of_sockets',
};

/** @param code as Node.js gives it: a system error, or one of its HTTP parser (`HPE_…`) or of OpenSSL (`ERR_SSL_…`) */
export function networkFault(code: string | undefined): NetworkFault {
  const ours = code === undefined ? undefined : OURS[code];
  if (ours) return { outcome: 'unknown', error: ours };
  const failed = code === undefined ? undefined : FAILED[code];
  if (failed) return { outcome: 'failed', error: failed };
  if (code?.startsWith('HPE_')) return { outcome: 'failed', error: 'bad_answer' };
  if (code?.startsWith('ERR_SSL_') || code?.startsWith('ERR_TLS_')) return { outcome: 'failed', error: 'tls' };
  return { outcome: 'failed', error: 'connection' };
}
