/** Optional: what agents call themselves. Without one, discovery leaves the names out. */
export abstract class SnmpNames {
  /** @returns `sysName.0` by address, of the agents that answer within `limitMs` */
  abstract namesOf(
    addresses: readonly string[],
    credentialId: string,
    limitMs: number,
    signal: AbortSignal,
  ): Promise<Map<string, string>>;
}
