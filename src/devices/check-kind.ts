export const CHECK_KINDS = ['icmp', 'tcp', 'http'] as const;
/** How a device is probed. */
export type CheckKind = (typeof CHECK_KINDS)[number];

/** Devices of one shard have numbers from `shard * SHARD_SIZE` on: membership never moves, so no turn probes one twice. */
export const SHARD_SIZE = 10_000;
