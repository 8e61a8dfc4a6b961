import { z } from 'zod';
import { scanRange } from './scan-range.js';

export const startDiscoveryBody = z.strictObject({
  cidr: z
    .string()
    .trim()
    .max(50)
    .superRefine((text, context) => {
      const range = scanRange(text);
      if ('refused' in range) context.addIssue({ code: 'custom', message: range.refused });
    })
    .describe('Subnet of at most 4,096 addresses, such as 10.1.2.0/24.'),
  ports: z
    .array(z.int().min(1).max(65_535))
    .max(16)
    .default([])
    .describe('TCP ports to try on addresses that answer a ping.'),
  snmp_credential: z
    .string()
    .trim()
    .min(1)
    .max(200)
    .nullish()
    .describe('Id or name of the credential to ask agents for their name with; admins only.'),
});
export type StartDiscoveryBody = z.output<typeof startDiscoveryBody>;

export const startDiscoveryExample = { cidr: '10.1.2.0/24', ports: [22, 443] };
export const discoveryExample = { job_id: 'discovery.scan-5b0f3c86-2a77-4f0e-9d52-8d1c5a1f7e10', coalesced: false };

export const acceptParams = z.strictObject({ job_id: z.string().min(1).max(200).describe('Id of the scan’s job.') });
export type AcceptParams = z.output<typeof acceptParams>;

export const acceptBody = z.strictObject({
  addresses: z
    .array(z.string().trim().min(1).max(50))
    .min(1)
    .max(500)
    .describe('Addresses that the scan found; each becomes a device.'),
  site: z.string().trim().min(1).max(200).nullish().describe('Id or name of a site.'),
  profile: z.string().trim().min(1).max(200).nullish().describe('Id or name of a profile; the default one without it.'),
  tags: z.array(z.string().trim().min(1).max(100)).max(50).default([]),
  name_from: z
    .enum(['hostname', 'address'])
    .default('hostname')
    .describe('What to call them; one without host name is called by its SNMP name or else its address.'),
});
export type AcceptBody = z.output<typeof acceptBody>;
export const acceptBodyExample = { addresses: ['10.1.2.5', '10.1.2.6'], site: 'Berlin', name_from: 'hostname' };

export const ACCEPT_STATUSES = ['created', 'duplicate', 'not_found', 'refused'] as const;
export const acceptedSchema = z.strictObject({
  created: z.int(),
  results: z.array(
    z.strictObject({
      address: z.string(),
      status: z
        .enum(ACCEPT_STATUSES)
        .describe('`duplicate`: a device has the address already; `not_found`: the scan did not find it.'),
      device: z
        .strictObject({ id: z.uuid(), name: z.string() })
        .nullable()
        .describe('The new device, or the one that has the address.'),
      message: z.string().nullable(),
    }),
  ),
});
export type AcceptedDto = z.output<typeof acceptedSchema>;

export const acceptedExample: AcceptedDto = {
  created: 1,
  results: [
    {
      address: '10.1.2.5',
      status: 'created',
      device: { id: '5b6f0f0e-6a0e-4b7a-9f53-1f0a3c7d9e21', name: 'printer-5.example.net' },
      message: null,
    },
    {
      address: '10.1.2.6',
      status: 'duplicate',
      device: { id: '7e0d9a52-3c1b-4d53-8a57-0c9be2f4a611', name: 'printer-6' },
      message: 'The device printer-6 has this address already.',
    },
  ],
};
