import { z } from 'zod';
import { listQuery } from '../../platform/http/list-query.js';
import { NO_CHANGE, someChange } from '../inventory/inventory.dto.js';
import { SNMP_AUTH_PROTOCOLS, SNMP_PRIV_PROTOCOLS } from '../credential.js';

const KINDS = ['snmp_v2c', 'snmp_v3'] as const;

export const credentialSchema = z.strictObject({
  id: z.uuid(),
  name: z.string(),
  kind: z.enum(KINDS),
  user: z.string().nullable().describe('Of snmp_v3. The community and the keys are never answered.'),
  auth_protocol: z.enum(SNMP_AUTH_PROTOCOLS).nullable(),
  priv_protocol: z.enum(SNMP_PRIV_PROTOCOLS).nullable(),
  device_count: z.int().min(0).describe('How many devices use it.'),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
});
export type CredentialDto = z.output<typeof credentialSchema>;

export const credentialExample: CredentialDto = {
  id: '5d0c2a36-8a3e-4f0a-8c37-6b1f0e7f9a41',
  name: 'core switches',
  kind: 'snmp_v3',
  user: 'swarmward',
  auth_protocol: 'sha256',
  priv_protocol: 'aes',
  device_count: 42,
  created_at: '2026-11-20T08:00:00.000Z',
  updated_at: '2026-11-20T08:00:00.000Z',
};

// RFC 3414, 11.2: a passphrase has at least 8 characters.
const key = z.string().min(8).max(255);
const name = z.string().trim().min(1).max(100);
const parts = {
  community: z.string().min(1).max(255).optional().describe('Of snmp_v2c.'),
  user: z.string().min(1).max(32).optional().describe('Of snmp_v3.'),
  auth: z
    .strictObject({ protocol: z.enum(SNMP_AUTH_PROTOCOLS), key })
    .nullish()
    .describe('Of snmp_v3.'),
  priv: z
    .strictObject({ protocol: z.enum(SNMP_PRIV_PROTOCOLS), key })
    .nullish()
    .describe('Of snmp_v3; needs `auth`. `aes256b` is Blumenthal’s, `aes256r` Reeder’s (Cisco).'),
};

export const createCredentialBody = z.strictObject({ name, kind: z.enum(KINDS), ...parts });
export type CreateCredentialBody = z.output<typeof createCredentialBody>;

export const updateCredentialBody = z
  .strictObject({ name: name.optional(), kind: z.enum(KINDS).optional(), ...parts })
  .refine(someChange, NO_CHANGE);
export type UpdateCredentialBody = z.output<typeof updateCredentialBody>;

export const credentialParams = z.strictObject({ id: z.uuid('Must be a UUID.') });
export type CredentialParams = z.output<typeof credentialParams>;

export const credentialsQuery = listQuery({
  item: credentialSchema,
  sort: ['name', 'created_at'],
  defaultSort: 'name',
  search: 'the name',
  filters: { kind: z.enum(KINDS).optional() },
});
export type CredentialsQuery = z.output<typeof credentialsQuery>;
