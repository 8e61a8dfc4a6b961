import type { InvalidValue } from '../../platform/http/problem.js';
import type { SnmpCredential } from '../credential.js';

type V3 = Extract<SnmpCredential, { kind: 'snmp_v3' }>;

/** The secret parts of a request, of whichever kind. */
export interface CredentialParts {
  community?: string | undefined;
  user?: string | undefined;
  auth?: V3['auth'] | undefined;
  priv?: V3['priv'] | undefined;
}

/** What is shown of a credential. */
export interface ShownParts {
  userName: string | null;
  authProtocol: string | null;
  privProtocol: string | null;
}

/** Whether any part is there: then all of them are replaced. */
export function hasParts({ community, user, auth, priv }: CredentialParts): boolean {
  return [community, user, auth, priv].some((part) => part !== undefined);
}

/**
 * A credential out of its parts. There is no privacy without authentication (RFC 3414, 1.4.2).
 * @returns what is wrong with the parts instead, when something is
 */
export function assembleCredential(
  kind: SnmpCredential['kind'],
  { community, user, auth = null, priv = null }: CredentialParts,
): { credential: SnmpCredential } | { errors: InvalidValue[] } {
  const errors: InvalidValue[] = [];
  const refuse = (path: string, message: string): void => void errors.push({ path, message });
  if (kind === 'snmp_v2c') {
    if (user !== undefined) refuse('user', 'Belongs to snmp_v3.');
    if (auth !== null) refuse('auth', 'Belongs to snmp_v3.');
    if (priv !== null) refuse('priv', 'Belongs to snmp_v3.');
    if (community === undefined) refuse('community', 'Is required for snmp_v2c.');
    else if (errors.length === 0) return { credential: { kind, community } };
    return { errors };
  }
  if (community !== undefined) refuse('community', 'Belongs to snmp_v2c.');
  if (priv !== null && auth === null)
    refuse('priv', 'Needs auth as well: SNMPv3 has no privacy without authentication.');
  if (user === undefined) refuse('user', 'Is required for snmp_v3; its parts are given together.');
  else if (errors.length === 0) return { credential: { kind, user, auth, priv } };
  return { errors };
}

export function shownParts(credential: SnmpCredential): ShownParts {
  if (credential.kind === 'snmp_v2c') return { userName: null, authProtocol: null, privProtocol: null };
  const { user, auth, priv } = credential;
  return { userName: user, authProtocol: auth?.protocol ?? null, privProtocol: priv?.protocol ?? null };
}
