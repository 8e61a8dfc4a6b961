import { Injectable, Logger } from '@nestjs/common';
import type { SnmpCredential } from '../../devices/credential.js';
import { CredentialVault } from '../../devices/items/credential-vault.store.js';
import { AdvisoryLock } from '../../platform/database/advisory-lock.store.js';
import type { CycleSlot } from '../../platform/queue/cycle-slot.js';
import { CycleStore } from '../../platform/queue/cycle.store.js';
import { AddressResolver } from '../drivers/address-resolver.client.js';
import { itemResult } from './item-result.js';
import { SnmpAgent, type SnmpErrorCode, type SnmpReading } from './snmp-agent.port.js';
import { type DueItem, type ItemResult, SnmpItemsStore } from './snmp-items.store.js';

/** What a turn came to. */
export interface PollOutcome {
  polled: number;
  errors: number;
  /** `overlap`: the turn before still runs; `done`: somebody else has written this one. */
  skipped?: 'overlap' | 'done';
}

const REQUEST_LIMIT_MS = 2_000;
/** Agents asked at once: each has a socket. */
const CONCURRENCY = 256;
/** Of the interval; what is left is for writing. */
const BUDGET = 0.9;
const LEASE_MS = 30_000;

/** Polls the items of one interval and shard: every agent once, all its items together. */
@Injectable()
export class SnmpPoller {
  private readonly log = new Logger('Snmp');

  constructor(
    private readonly agent: SnmpAgent,
    private readonly items: SnmpItemsStore,
    private readonly vault: CredentialVault,
    private readonly resolver: AddressResolver,
    private readonly locks: AdvisoryLock,
    private readonly cycles: CycleStore,
  ) {}

  async poll(
    turn: { intervalSeconds: number; shard: number; slot: CycleSlot | null },
    stop: AbortSignal,
  ): Promise<PollOutcome> {
    const { intervalSeconds, shard, slot } = turn;
    const name = `snmp-${intervalSeconds}-${shard}`;
    const attempt = await this.locks.tryWithLock(name, { leaseMs: LEASE_MS }, async (lease) => {
      const deadline = AbortSignal.timeout(intervalSeconds * 1_000 * BUDGET);
      const due = await this.items.due(intervalSeconds, shard);
      const results = await this.read(due, AbortSignal.any([deadline, stop, lease.signal]));
      // Half a turn because the worker stops is no turn.
      stop.throwIfAborted();
      await lease.assertHeld();
      return (await this.items.record(slot, results)) ? results : null;
    });
    if (!attempt.acquired) {
      if (slot) await this.cycles.recordMiss(slot, 'overlap');
      return { polled: 0, errors: 0, skipped: 'overlap' };
    }
    if (attempt.value === null) return { polled: 0, errors: 0, skipped: 'done' };
    const errors = attempt.value.filter(({ status }) => status === 1).length;
    return { polled: attempt.value.length, errors };
  }

  private async read(due: readonly DueItem[], signal: AbortSignal): Promise<ItemResult[]> {
    const ids = [...new Set(due.flatMap(({ credentialId }) => credentialId ?? []))];
    const credentials = ids.length > 0 ? await this.vault.reveal(ids) : new Map<string, SnmpCredential>();
    const devices = [...byDevice(due).values()];
    const results: ItemResult[] = [];
    const next = devices.values();
    const lane = async (): Promise<void> => {
      for (const items of next) results.push(...(await this.readDevice(items, credentials, signal)));
    };
    await Promise.all(Array.from({ length: Math.min(CONCURRENCY, devices.length) }, lane));
    return results;
  }

  private async readDevice(
    items: DueItem[],
    credentials: ReadonlyMap<string, SnmpCredential>,
    signal: AbortSignal,
  ): Promise<ItemResult[]> {
    const { address: name, port, credentialId } = items[0]!;
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
      const answer = await this.agent.get({ address, port, credential, timeoutMs: REQUEST_LIMIT_MS }, oids, signal);
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
