import { z } from 'zod';
import { instant } from '../http/instant.js';
import { listQuery } from '../http/list-query.js';

export const auditEntrySchema = z.strictObject({
  id: z.string(),
  at: z.iso.datetime(),
  actor: z.string().describe('Name of the token; `console` without one.'),
  actor_token_id: z.uuid().nullable(),
  action: z.string(),
  subject_type: z.string(),
  subject_id: z.string().nullable(),
  request_id: z.string().nullable(),
  remote_address: z.string().nullable(),
  before: z.unknown().describe('Secrets are masked.'),
  after: z.unknown().describe('Secrets are masked.'),
});
export type AuditEntryDto = z.output<typeof auditEntrySchema>;

export const auditExample: AuditEntryDto = {
  id: '42',
  at: '2026-11-21T09:30:00.000Z',
  actor: 'first-admin',
  actor_token_id: '0b9c1f7e-5f0a-4c53-9d0e-3d1f6c3a2b10',
  action: 'token.created',
  subject_type: 'token',
  subject_id: '5a6a3a38-0a52-4f5e-8a11-0f6f0b4f2f11',
  request_id: '9f8e7d6c-1',
  remote_address: '127.0.0.1',
  before: null,
  after: { name: 'grafana', role: 'viewer', expires_at: null },
};

const time = instant('2026-11-21T00:00:00Z');
const word = z.string().min(1).max(200);

export const auditQuery = listQuery({
  item: auditEntrySchema,
  sort: ['at'],
  defaultSort: '-at',
  search: 'actor, action and subject',
  filters: {
    actor: word.optional(),
    action: word.optional(),
    subject_type: word.optional(),
    subject_id: word.optional(),
    from: time.optional().describe('Not before.'),
    to: time.optional().describe('Before.'),
  },
});
export type AuditQuery = z.output<typeof auditQuery>;
