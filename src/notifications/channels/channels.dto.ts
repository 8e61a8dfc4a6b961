import { z } from 'zod';
import { listQuery } from '../../platform/http/list-query.js';
import { lineText } from '../../platform/http/plain-text.js';
import { CHANNEL_KINDS } from './channel-driver.port.js';
import { channelConfigs } from './config/channel-config.dto.js';

const anyConfig = z.record(z.string(), z.unknown());

export const channelSchema = z.strictObject({
  id: z.uuid(),
  name: z.string(),
  kind: z.enum(CHANNEL_KINDS),
  config: anyConfig.nullable().describe('Secrets as `********`. Null for who is no admin.'),
  enabled: z.boolean(),
  is_default: z.boolean().describe('Takes what no rule and no route sends elsewhere.'),
  last_delivered_at: z.iso.datetime().nullable(),
  last_failed_at: z.iso.datetime().nullable(),
  last_error: z.string().nullable().describe('Of the last failure.'),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
});
export type ChannelDto = z.output<typeof channelSchema>;

export const channelExample: ChannelDto = {
  id: 'a3c1b7de-52b1-4f6e-9b7c-0d2f9c1e6a55',
  name: 'on-call webhook',
  kind: 'webhook',
  config: { url: 'https://example.org/hooks/swarmward', secret: '********', format: 'swarmward' },
  enabled: true,
  is_default: true,
  last_delivered_at: '2026-11-21T09:30:04.000Z',
  last_failed_at: null,
  last_error: null,
  created_at: '2026-11-20T08:00:00.000Z',
  updated_at: '2026-11-20T08:00:00.000Z',
};

/** Checked by the schema of the kind, which is known only beside it; here for the documentation. */
const config = anyConfig.meta({
  description: `By the kind: ${CHANNEL_KINDS.join(', ')}, in this order.`,
  // Not `oneOf`: the configuration of one kind may read like another's.
  anyOf: CHANNEL_KINDS.map((kind) => {
    const { $schema: _, ...schema } = z.toJSONSchema(channelConfigs[kind], {
      io: 'input',
      unrepresentable: 'any',
      override: ({ jsonSchema }) => void (jsonSchema.format && delete jsonSchema.pattern),
    });
    return { title: kind, ...schema };
  }),
});
const name = lineText(100);

export const createChannelBody = z.strictObject({
  name,
  kind: z.enum(CHANNEL_KINDS),
  config,
  enabled: z.boolean().default(true),
  is_default: z.boolean().default(false),
});
export type CreateChannelBody = z.output<typeof createChannelBody>;

export const changeChannelBody = z
  .strictObject({
    name: name.optional(),
    config: anyConfig
      .optional()
      .describe('Fields that are not given stay, null removes one, `********` keeps a secret. The kind stays.'),
    enabled: z.boolean().optional(),
    is_default: z.boolean().optional(),
  })
  .refine((changes) => Object.keys(changes).length > 0, { error: 'Must name at least one change.' });
export type ChangeChannelBody = z.output<typeof changeChannelBody>;

export const channelParams = z.strictObject({ id: z.uuid('Must be a UUID.') });
export type ChannelParams = z.output<typeof channelParams>;

const flag = z.enum(['true', 'false']).transform((text) => text === 'true');

export const channelsQuery = listQuery({
  item: channelSchema,
  sort: ['name', 'created_at'],
  defaultSort: 'name',
  search: 'the name',
  filters: { kind: z.enum(CHANNEL_KINDS).optional(), enabled: flag.optional(), is_default: flag.optional() },
});
export type ChannelsQuery = z.output<typeof channelsQuery>;

export const testedSchema = z.strictObject({
  delivery_id: z.uuid().describe('How it went: GET /api/v1/deliveries/{id}.'),
});
