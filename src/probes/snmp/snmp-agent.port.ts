import type { SnmpCredential } from '../../devices/credential.js';

/** Whom to ask. */
export interface SnmpTarget {
  /** IPv4 or IPv6 address. */
  address: string;
  port: number;
  credential: SnmpCredential;
  /** How long one request may take; it is sent twice before it counts as lost. */
  timeoutMs: number;
}

/** Why there is no value. Stable words for machines. */
export type SnmpErrorCode =
  | 'no_response'
  | 'no_such_object'
  | 'no_such_instance'
  | 'authentication_failed'
  | 'agent_error'
  | 'not_a_number'
  | 'no_credential'
  | 'unresolvable'
  | 'not_polled';

/** What an agent said about one OID. */
export type SnmpReading =
  /** `bits` of a counter, after which it starts again; null for what is no counter. */
  | { kind: 'number'; value: bigint | number; bits: 32 | 64 | null }
  | { kind: 'text'; value: string }
  | { kind: 'error'; code: SnmpErrorCode; message: string };

export interface SnmpAnswer {
  /** In the order of the OIDs asked for. */
  readings: SnmpReading[];
  /** The agent's sysUpTime in hundredths of a second, asked for along with every request; null when it has none. */
  uptimeTicks: number | null;
}

/**
 * Asks an agent for several values, in as few requests as its size limit allows. **Never throws for a bad agent**: what it did not say is
 * an error reading. A wrong community and a closed port are both only silence.
 */
export abstract class SnmpAgent {
  /** @param signal aborted: what is not there yet is a `not_polled` */
  abstract get(target: SnmpTarget, oids: readonly string[], signal: AbortSignal): Promise<SnmpAnswer>;
}
