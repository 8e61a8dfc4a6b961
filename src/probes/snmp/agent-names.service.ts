import { setMaxListeners } from 'node:events';
import { Injectable } from '@nestjs/common';
import { CredentialVault } from '../../devices/items/credential-vault.store.js';
import { SnmpNames } from '../on-demand/snmp-names.port.js';
import { SnmpAgent } from './snmp-agent.port.js';

const SYS_NAME = '1.3.6.1.2.1.1.5.0';
const PORT = 161;
/** A request is sent twice: a silent address costs a second. */
const TIMEOUT_MS = 500;
const AT_ONCE = 256;

/** Asks agents for their names, many at once. */
@Injectable()
export class AgentNames extends SnmpNames {
  constructor(
    private readonly agent: SnmpAgent,
    private readonly vault: CredentialVault,
  ) {
    super();
  }

  async namesOf(
    addresses: readonly string[],
    credentialId: string,
    limitMs: number,
    signal: AbortSignal,
  ): Promise<Map<string, string>> {
    const names = new Map<string, string>();
    const credential = (await this.vault.reveal([credentialId])).get(credentialId);
    if (!credential) return names;
    const limited = AbortSignal.any([signal, AbortSignal.timeout(limitMs)]);
    setMaxListeners(AT_ONCE, limited);
    const next = addresses.values();
    const lane = async (): Promise<void> => {
      for (const address of next) {
        if (limited.aborted) return;
        const target = { address, port: PORT, credential, timeoutMs: TIMEOUT_MS };
        const { readings } = await this.agent.get(target, [SYS_NAME], limited);
        const [name] = readings;
        if (name?.kind === 'text' && name.value !== '') names.set(address, name.value);
      }
    };
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, addresses.length) }, lane));
    return names;
  }
}
