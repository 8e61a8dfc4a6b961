import { assembleCredential, type CredentialParts, hasParts, shownParts } from './credential-parts.js';

const auth = { protocol: 'sha256', key: 'authenticate' } as const;
const priv = { protocol: 'aes', key: 'keep-private' } as const;

describe('assembleCredential', () => {
  it.each([
    ['a community', 'snmp_v2c', { community: 'c' }, { kind: 'snmp_v2c', community: 'c' }],
    ['a user alone', 'snmp_v3', { user: 'u' }, { kind: 'snmp_v3', user: 'u', auth: null, priv: null }],
    ['auth', 'snmp_v3', { user: 'u', auth }, { kind: 'snmp_v3', user: 'u', auth, priv: null }],
    ['auth and priv', 'snmp_v3', { user: 'u', auth, priv }, { kind: 'snmp_v3', user: 'u', auth, priv }],
  ] as const)('takes %s', (_, kind, parts, credential) => {
    expect(assembleCredential(kind, parts)).toEqual({ credential });
  });

  it.each<[string, 'snmp_v2c' | 'snmp_v3', CredentialParts, string[]]>([
    ['v2c without a community', 'snmp_v2c', {}, ['community']],
    ['v2c with parts of v3', 'snmp_v2c', { community: 'c', user: 'u', auth, priv }, ['user', 'auth', 'priv']],
    ['v3 without a user', 'snmp_v3', { auth }, ['user']],
    ['v3 with a community', 'snmp_v3', { user: 'u', community: 'c' }, ['community']],
    ['priv without auth', 'snmp_v3', { user: 'u', priv }, ['priv']],
    ['priv without auth, said so', 'snmp_v3', { user: 'u', auth: null, priv }, ['priv']],
  ])('refuses %s', (_, kind, parts, paths) => {
    const { errors } = assembleCredential(kind, parts) as { errors: { path: string }[] };
    expect(errors.map(({ path }) => path)).toEqual(paths);
  });

  it('shows the user and the protocols, never a community or a key', () => {
    expect(shownParts({ kind: 'snmp_v3', user: 'u', auth, priv })).toEqual({
      userName: 'u',
      authProtocol: 'sha256',
      privProtocol: 'aes',
    });
    expect(Object.values(shownParts({ kind: 'snmp_v2c', community: 'c' }))).toEqual([null, null, null]);
  });

  it('takes an explicit null for a part that is given', () => {
    expect([hasParts({}), hasParts({ priv: null }), hasParts({ community: 'c' })]).toEqual([false, true, true]);
  });
});
