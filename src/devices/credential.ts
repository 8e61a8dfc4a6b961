export const SNMP_AUTH_PROTOCOLS = ['md5', 'sha', 'sha224', 'sha256', 'sha384', 'sha512'] as const;
export const SNMP_PRIV_PROTOCOLS = ['des', 'aes', 'aes256b', 'aes256r'] as const;

/** What a stored credential opens to. Only ever in the memory of a worker: never logged, cached or answered with. */
export type SnmpCredential =
  | { kind: 'snmp_v2c'; community: string }
  | {
      kind: 'snmp_v3';
      user: string;
      auth: { protocol: (typeof SNMP_AUTH_PROTOCOLS)[number]; key: string } | null;
      /** Needs `auth`. */
      priv: { protocol: (typeof SNMP_PRIV_PROTOCOLS)[number]; key: string } | null;
    };
