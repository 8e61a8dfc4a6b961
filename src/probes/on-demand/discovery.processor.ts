import { Injectable, Optional } from '@nestjs/common';
import type { JobPayload } from '../../platform/queue/job-catalogue.js';
import { type JobContext, JobHandler } from '../../platform/queue/job-handler.decorator.js';
import type { ProbeTarget } from '../drivers/probe-driver.port.js';
import { ProbeDrivers } from '../drivers/probe-drivers.js';
import { ReverseLookup } from '../drivers/reverse-lookup.client.js';
import { boundText } from './bound-text.js';
import type { DiscoveryResult, FoundAddress } from './discovery-result.js';
import { KnownDevices } from './known-devices.store.js';
import { scanRange } from './scan-range.js';
import { SnmpNames } from './snmp-names.port.js';

/** Probed at once, so that there is progress to tell. */
const CHUNK = 512;
const CHUNK_BUDGET_MS = 10_000;
const PACKETS = 2;
const TIMEOUT_MS = 700;
const PORT_BUDGET_MS = 60_000;
const NAMES_LIMIT_MS = 20_000;

/** Looks for what answers in a subnet. Adds nothing to the inventory. */
@Injectable()
export class DiscoveryProcessor {
  constructor(
    private readonly drivers: ProbeDrivers,
    private readonly reverse: ReverseLookup,
    private readonly known: KnownDevices,
    @Optional() private readonly snmp?: SnmpNames,
  ) {}

  /** @throws ProbeDriverError when fping is broken: then nothing was found out, which is not the same as nothing found */
  @JobHandler('discovery.scan')
  async scan(payload: JobPayload<'discovery.scan'>, context: JobContext): Promise<DiscoveryResult> {
    const { signal } = context;
    const range = scanRange(payload.cidr);
    if ('refused' in range) throw new Error(`${payload.cidr}: ${range.refused}`);
    const addresses = range.addresses();
    const total = addresses.length;
    const alive = new Map<string, Pick<FoundAddress, 'rtt_ms' | 'open_ports'>>();
    const tell = (done: number): void => context.progress({ done, total, found: alive.size });
    tell(0);
    for (let done = 0; done < total; done += CHUNK) {
      const answered = await this.ping(addresses.slice(done, done + CHUNK), signal);
      const open = await this.openPorts([...answered.keys()], payload.ports, signal);
      for (const [address, rtt] of answered) alive.set(address, { rtt_ms: rtt, open_ports: open.get(address) ?? [] });
      tell(Math.min(total, done + CHUNK));
      signal.throwIfAborted();
    }
    const found = await this.describe(alive, payload.snmpCredentialId, signal);
    return { cidr: range.cidr, scanned: total, found };
  }

  private async ping(addresses: string[], signal: AbortSignal): Promise<Map<string, number | null>> {
    const targets = addresses.map((address, num) => ({ ...blank, num, address }));
    const results = await this.drivers.of('icmp').probe(targets, { signal, budgetMs: CHUNK_BUDGET_MS });
    const answered = results.filter(({ outcome }) => outcome === 'ok');
    return new Map(answered.map(({ num, rtt }) => [addresses[num]!, rtt?.avg ?? null]));
  }

  private async openPorts(addresses: string[], ports: readonly number[], signal: AbortSignal) {
    const open = new Map<string, number[]>();
    const tries = addresses.flatMap((address) => ports.map((port) => ({ address, port })));
    if (tries.length === 0) return open;
    const targets = tries.map(({ address, port }, num) => ({ ...blank, num, address, port }));
    const results = await this.drivers.of('tcp').probe(targets, { signal, budgetMs: PORT_BUDGET_MS });
    for (const { num, outcome } of results) {
      const { address, port } = tries[num]!;
      if (outcome === 'ok') open.set(address, [...(open.get(address) ?? []), port]);
    }
    return open;
  }

  private async describe(
    alive: Map<string, Pick<FoundAddress, 'rtt_ms' | 'open_ports'>>,
    credentialId: string | null,
    signal: AbortSignal,
  ): Promise<FoundAddress[]> {
    const addresses = [...alive.keys()];
    const [hostnames, snmpNames, devices] = await Promise.all([
      this.reverse.namesOf(addresses, NAMES_LIMIT_MS, signal),
      credentialId === null ? undefined : this.snmp?.namesOf(addresses, credentialId, NAMES_LIMIT_MS, signal),
      this.known.byAddress(addresses),
    ]);
    const words = (text: string | undefined): string | null => (text === undefined ? null : boundText(text, 255));
    return [...alive].map(([address, { rtt_ms, open_ports }]) => ({
      address,
      rtt_ms,
      hostname: words(hostnames.get(address)),
      open_ports,
      snmp_name: words(snmpNames?.get(address)),
      known_device: devices.get(address) ?? null,
    }));
  }
}

const blank: ProbeTarget = {
  num: 0,
  address: '',
  packets: PACKETS,
  timeoutMs: TIMEOUT_MS,
  port: null,
  url: null,
  expectedStatus: null,
  expectedBody: null,
  refusedIsUp: false,
  verifyTls: true,
};
