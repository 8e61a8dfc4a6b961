/** One fping is asked about no more than this: the size of a shard. */
export const MAX_GROUP = 10_000;

/** What one fping is asked: arguments hold for all of its addresses. */
export interface PingGroup {
  packets: number;
  timeoutMs: number;
  /** Numbers, each once. IPv4 and IPv6 may be mixed. */
  addresses: string[];
}

/** Names the result of a target: targets with the same key are one ping. */
export function pingKey(target: { address: string; packets: number; timeoutMs: number }): string {
  return `${target.packets} ${target.timeoutMs} ${target.address}`;
}

/** Groups pings by their arguments; two devices with one address are pinged once. */
export function groupPings(
  pings: readonly { address: string; packets: number; timeoutMs: number }[],
  maxGroup = MAX_GROUP,
): PingGroup[] {
  const groups = new Map<string, PingGroup & { seen: Set<string> }>();
  for (const { address, packets, timeoutMs } of pings) {
    const key = `${packets} ${timeoutMs}`;
    const group = groups.get(key) ?? { packets, timeoutMs, addresses: [], seen: new Set<string>() };
    groups.set(key, group);
    if (group.seen.has(address)) continue;
    group.seen.add(address);
    group.addresses.push(address);
  }
  return [...groups.values()].flatMap(({ packets, timeoutMs, addresses }) =>
    Array.from({ length: Math.ceil(addresses.length / maxGroup) }, (_, index) => ({
      packets,
      timeoutMs,
      addresses: addresses.slice(index * maxGroup, (index + 1) * maxGroup),
    })),
  );
}
