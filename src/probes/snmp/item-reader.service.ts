import { setMaxListeners } from 'node:events';
import { Injectable, Logger } from '@nestjs/common';
import type { SnmpCredential } from '../../devices/credential.js';
import { CredentialVault } from '../../devices/items/credential-vault.store.js';
import { AddressResolver } from '../drivers/address-resolver.client.js';
import { type ItemResult, itemResult } from './item-result.js';
import { SnmpAgent, type SnmpErrorCode, type SnmpReading } from './snmp-agent.port.js';
import type { DueItem } from './snmp-items.store.js';

const REQUEST_LIMIT_MS = 2_000;
/** Of the time there is; a request is sent twice. */
const REQUEST_SHARE = 0.4;
/** Agents asked at once: each has a socket. */
const AT_ONCE = 500;

/** Asks agents: each once, all its items together. */
@Injectable()
export class ItemReader {
  private readonly log = new Logger('Snmp');

  constructor(
    private readonly agent: SnmpAgent,
    private readonly vault: CredentialVault,
    private readonly resolver: AddressResolver,
  ) {}

  /**
   * @param due in the order in which agents are asked
   * @returns the results of each agent's items; what there was no time for is an error as well
   */
  async read(due: readonly DueItem[], budgetMs: number, stop: AbortSignal): Promise<ItemResult[][]> {
    const limit = AbortSignal.timeout(budgetMs);
    const signal = AbortSignal.any([limit, stop]);
    setMaxListeners(AT_ONCE, signal);
    const ids = [...new Set(due.flatMap(({ credentialId }) => credentialId ?? []))];
    const credentials = await this.vault.reveal(ids);
    const devices = [...byDevice(due).values()];
    const results: ItemResult[][] = [];
    const next = devices.values();
    const requestMs = Math.min(REQUEST_LIMIT_MS, Math.floor(budgetMs * REQUEST_SHARE));
    const lane = async (): Promise<void> => {
      for (const items of next) results.push(await this.ask(items, credentials, requestMs, signal));
    };
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, devices.length) }, lane));
    return results;
  }

  private async ask(
    items: DueItem[],
    credentials: ReadonlyMap<string, SnmpCredential>,
    requestMs: number,
    signal: AbortSignal,
  ): Promise<ItemResult[]> {
    const { address: name, port, credentialId, wasSilent } = items[0]!;
    const all = (code: SnmpErrorCode, message: string): ItemResult[] => {
      const reading: SnmpReading = { kind: 'error', code, message };
      const at = new Date();
      return items.map((item) => itemResult(item, reading, at, null));
    };
    const credential = credentialId === null ? undefined : credentials.get(credentialId);
    if (!credential) return all('no_credential', 'The device has no SNMP credential that can be opened: give it one.');
    try {
      const address = await this.resolver.resolve(name);
      if (address === null) return all('unresolvable', `The name ${name} does not resolve to an address.`);
      const oids = items.map(({ oid }) => oid);
      // Many that are silent, all of a network that is cut off for example, must not use up the time of each other.
      const timeoutMs = wasSilent ? requestMs / 2 : requestMs;
      const answer = await this.agent.get({ address, port, credential, timeoutMs }, oids, signal);
      const at = new Date();
      return items.map((item, index) => itemResult(item, answer.readings[index]!, at, answer.uptimeTicks));
    } catch (error) {
      this.log.warn(`Polling ${name} failed: ${String(error)}`);
      return all('agent_error', 'Polling failed inside Swarmward; its log says more.');
    }
  }
}

function byDevice(due: readonly DueItem[]): Map<number, DueItem[]> {
  const devices = new Map<number, DueItem[]>();
  for (const item of due) {
    const items = devices.get(item.deviceNum);
    if (items) items.push(item);
    else devices.set(item.deviceNum, [item]);
  }
  return devices;
}
