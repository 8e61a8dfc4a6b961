import { z } from 'zod';
import { ROLES } from '../http/access-control.port.js';
import { instant } from '../http/instant.js';
import { listQuery } from '../http/list-query.js';

export const tokenSchema = z.strictObject({
  id: z.uuid(),
  name: z.string(),
  role: z.enum(ROLES),
  created_at: z.iso.datetime(),
  created_by: z.string().nullable().describe('Name of the token that made it; `console` or `settings`.'),
  expires_at: z.iso.datetime().nullable().describe('null: never.'),
  revoked_at: z.iso.datetime().nullable(),
  last_used_at: z.iso.datetime().nullable().describe('Written every 10 s.'),
});
export type TokenDto = z.output<typeof tokenSchema>;

export const createdTokenSchema = tokenSchema
  .pick({ id: true, name: true, role: true, expires_at: true, created_at: true })
  .extend({ token: z.string().describe('Shown this once; only its hash is kept.') });

export const tokenExample: TokenDto = {
  id: '0b9c1f7e-5f0a-4c53-9d0e-3d1f6c3a2b10',
  name: 'grafana',
  role: 'viewer',
  created_at: '2026-11-20T08:00:00.000Z',
  created_by: 'first-admin',
  expires_at: null,
  revoked_at: null,
  last_used_at: '2026-11-21T09:30:00.000Z',
};

export const createTokenBody = z.strictObject({
  name: z.string().trim().min(1).max(100).describe('Who or what uses it.'),
  role: z.enum(ROLES),
  expires_at: instant('2027-01-31T00:00:00Z')
    .refine((text) => !(Date.parse(text) <= Date.now()), { error: 'Must be in the future.' })
    .nullish()
    .describe('Without it the token never expires.'),
});
export type CreateTokenBody = z.output<typeof createTokenBody>;

export const tokenParams = z.strictObject({ id: z.uuid('Must be a UUID.') });
export type TokenParams = z.output<typeof tokenParams>;

export const tokensQuery = listQuery({
  item: tokenSchema,
  sort: ['created_at', 'name', 'last_used_at'],
  defaultSort: '-created_at',
  search: 'the name',
  filters: {
    role: z.enum(ROLES).optional(),
    state: z.enum(['active', 'expired', 'revoked']).optional(),
  },
});
export type TokensQuery = z.output<typeof tokensQuery>;
