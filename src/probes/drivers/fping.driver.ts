import { isIP } from 'node:net';
import { Injectable } from '@nestjs/common';
import { planPings } from '../../devices/ping-plan.js';
import { Settings } from '../../platform/config/settings.schema.js';
import { AddressResolver } from './address-resolver.client.js';
import { fpingFault, refusesPace } from './fping-fault.js';
import { runFping } from './fping-process.driver.js';
import { FpingOutput } from './parse-fping.js';
import { groupPings, type PingGroup, pingKey } from './ping-groups.js';
import {
  notReported,
  type ProbeOptions,
  ProbeDriver,
  ProbeDriverError,
  type ProbeResult,
  type ProbeTarget,
} from './probe-driver.port.js';
import { roundTrips } from './round-trips.js';

const PROCESSES_AT_ONCE = 4;
const SELF_TEST_MS = 3_000;
/** fping takes some longer than planned on a busy machine; far beyond that it hangs. */
const PATIENCE = 2;
const PATIENCE_MS = 5_000;
/** Of the budget: the rest is for telling that it hung before the runner gives up. */
const BUDGET_SHARE = 0.95;
/** fping's report of one packet, and of all that is said about a target besides. */
const BYTES_A_PACKET = 200;
const BYTES_A_TARGET = 2_000;

type Ping = Pick<ProbeTarget, 'address' | 'packets' | 'timeoutMs'>;
/** What one fping said; what is broken about it, if anything is. */
interface Heard {
  output: FpingOutput;
  fault: ProbeDriverError | null;
  command: string;
}

/** ICMP, by fping in batches: one process for all targets with the same number of packets and time limit. */
@Injectable()
export class FpingDriver extends ProbeDriver {
  readonly name = 'icmp';
  /** Raised when fping turns out to refuse a faster pace. */
  private minGapMs = 0;

  constructor(
    private readonly settings: Settings,
    private readonly resolver: AddressResolver,
  ) {
    super();
  }

  async probe(targets: readonly ProbeTarget[], options: ProbeOptions): Promise<ProbeResult[]> {
    const pings = await this.resolved(targets, options.signal);
    if (!pings) return targets.map(({ num }) => notReported(num));
    const groups = groupPings(pings.filter((ping) => ping !== null));
    const heard = await this.pingAll(groups, options);
    const broken = heard.filter(({ fault }) => fault !== null);
    if (broken.length > 0 && broken.length === heard.length) throw broken[0]!.fault!;
    for (const { fault } of broken) options.onFault?.(fault!);
    const byKey = new Map<string, Heard>();
    for (const [index, group] of groups.entries()) {
      for (const address of group.addresses) byKey.set(pingKey({ ...group, address }), heard[index]!);
    }
    return targets.map((target, index) => {
      const ping = pings[index];
      if (!ping) return { ...notReported(target.num), error: 'unresolvable' };
      return resultOf(target, ping, byKey.get(pingKey(ping))!, options.raw ?? false);
    });
  }

  async selfTest(signal: AbortSignal): Promise<void> {
    const loopback = { packets: 1, timeoutMs: 500, addresses: ['127.0.0.1'] };
    const { output, fault } = await this.ping(loopback, { signal, budgetMs: SELF_TEST_MS });
    if (fault) throw fault;
    if (signal.aborted || output.times.get('127.0.0.1')?.[0] != null) return;
    throw new ProbeDriverError(
      'fping_failed',
      'fping works, but 127.0.0.1 does not answer. Look at the firewall and at net.ipv4.icmp_echo_ignore_all.',
    );
  }

  /** @returns null for a name that does not resolve; null alone when the time is over before all have */
  private async resolved(targets: readonly ProbeTarget[], signal: AbortSignal): Promise<(Ping | null)[] | null> {
    if (signal.aborted) return null;
    const ping = ({ packets, timeoutMs }: ProbeTarget, address: string): Ping => ({ address, packets, timeoutMs });
    const names = targets.filter(({ address }) => isIP(address) === 0);
    const numbers = await this.resolver.resolveAll(
      names.map(({ address }) => address),
      signal,
    );
    if (signal.aborted) return null;
    return targets.map((target) => {
      const address = isIP(target.address) === 0 ? numbers.get(target.address) : target.address;
      return address == null ? null : ping(target, address);
    });
  }

  /** Every group, some at once; in rounds when there are many. */
  private async pingAll(groups: readonly PingGroup[], options: ProbeOptions): Promise<Heard[]> {
    const rounds = Math.ceil(groups.length / PROCESSES_AT_ONCE);
    const budgetMs = options.budgetMs / Math.max(1, rounds);
    const heard: Heard[] = [];
    let next = 0;
    const work = async (): Promise<void> => {
      while (next < groups.length) {
        const index = next++;
        heard[index] = await this.ping(groups[index]!, { ...options, budgetMs });
      }
    };
    await Promise.all(Array.from({ length: Math.min(PROCESSES_AT_ONCE, groups.length) }, work));
    return heard;
  }

  private async ping(group: PingGroup, options: ProbeOptions): Promise<Heard> {
    const { gapMs } = planPings({
      devices: group.addresses.length,
      packets: group.packets,
      timeoutMs: group.timeoutMs,
      intervalSeconds: options.budgetMs / 1_000,
    });
    return this.pingAtPace(group, options, Math.max(gapMs, this.minGapMs));
  }

  private async pingAtPace(group: PingGroup, options: ProbeOptions, gapMs: number): Promise<Heard> {
    const { addresses, packets, timeoutMs } = group;
    const { fpingPath: path } = this.settings;
    const { signal, budgetMs, raw = false } = options;
    const periodMs = Math.max(1_000, timeoutMs + 100);
    const durationMs = Math.max(addresses.length * packets * gapMs, (packets - 1) * periodMs) + timeoutMs;
    const args = ['-C', packets, ...(raw ? [] : ['-q']), '-i', gapMs, '-p', periodMs, '-t', timeoutMs, '-r', 0].map(
      String,
    );
    const output = new FpingOutput(new Set(addresses), packets, raw);
    const command = `${path} ${args.join(' ')}`;
    if (durationMs > budgetMs) return { output, fault: noTime(group, durationMs, budgetMs), command };
    const end = await runFping({
      path,
      args,
      addresses,
      limitMs: Math.min(budgetMs * BUDGET_SHARE, durationMs * PATIENCE + PATIENCE_MS),
      maxBytes: addresses.length * (BYTES_A_TARGET + packets * BYTES_A_PACKET),
      signal,
      both: raw,
      onOutput: (chunk) => output.push(chunk),
    });
    const { strangeLines, firstStrange } = output;
    const heard = { asked: addresses.length, reported: output.times.size, strangeLines, firstStrange };
    if (gapMs < 1 && refusesPace(end, heard)) {
      this.minGapMs = 1;
      return this.pingAtPace(group, options, 1);
    }
    // What a killed one had printed is no report: the packets it had not waited for look lost.
    const cut = end.kind === 'exit' ? output : new FpingOutput(new Set(), packets);
    return { output: cut, fault: fpingFault(path, end, heard), command };
  }
}

function noTime({ addresses, packets }: PingGroup, durationMs: number, budgetMs: number): ProbeDriverError {
  const seconds = (ms: number): string => (ms / 1_000).toFixed(1);
  return new ProbeDriverError(
    'fping_no_time',
    `${addresses.length} devices × ${packets} packets take ${seconds(durationMs)} s, and there are ${seconds(budgetMs)} s. ` +
      'Raise the interval, or lower packets or timeout_ms of the profile.',
  );
}

function resultOf(target: ProbeTarget, ping: Ping, { output, fault, command }: Heard, raw: boolean): ProbeResult {
  const { num } = target;
  const times = output.times.get(ping.address);
  const heard = raw ? { raw: `$ echo ${ping.address} | ${command}\n${output.rawOf(ping.address)}` } : {};
  if (!times) return { ...notReported(num), ...(fault && { error: fault.code }), ...heard };
  const rtt = roundTrips(times);
  const message = output.icmpErrors.get(ping.address);
  const detail = {
    ...(ping.address !== target.address && { address: ping.address }),
    ...(message !== undefined && { message }),
  };
  return {
    num,
    outcome: rtt ? 'ok' : 'failed',
    sent: times.length,
    received: times.filter((time) => time !== null).length,
    rtt,
    error: rtt ? null : message === undefined ? 'timeout' : 'unreachable',
    detail: Object.keys(detail).length > 0 ? detail : null,
    ...heard,
  };
}
