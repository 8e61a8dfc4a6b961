import { z } from 'zod';
import { MAX_SCAN } from './scan-range.js';

/** One address that answered. */
export const foundAddressSchema = z.strictObject({
  address: z.string(),
  rtt_ms: z.number().nullable(),
  hostname: z.string().nullable().describe('By reverse DNS.'),
  open_ports: z.array(z.int()),
  snmp_name: z.string().nullable(),
  known_device: z
    .strictObject({ id: z.uuid(), name: z.string() })
    .nullable()
    .describe('The device that has this address already.'),
});
export type FoundAddress = z.output<typeof foundAddressSchema>;

/** The result of the job `discovery.scan`. */
export const discoveryResultSchema = z.strictObject({
  cidr: z.string(),
  scanned: z.int(),
  found: z.array(foundAddressSchema).max(MAX_SCAN),
});
export type DiscoveryResult = z.output<typeof discoveryResultSchema>;
