import { z } from 'zod';

/** One kind of event that `GET /api/v1/stream` tells; the schema and the example are of its `data`. */
interface StreamEventDefinition<Schema extends z.ZodObject> {
  meaning: string;
  schema: Schema;
  example: z.input<Schema>;
}

const event = <Schema extends z.ZodObject>(definition: StreamEventDefinition<Schema>) => definition;

const at = z.iso.datetime().describe('ISO-8601, UTC');
const count = z.int().nonnegative();
const state = z.enum(['up', 'down', 'unknown', 'unreachable']);

/** Every event of the stream, with the schema of its data: part of the API, and of its documentation. */
export const streamCatalogue = {
  'device.state': event({
    meaning: 'A device changed its state.',
    schema: z.object({
      device_id: z.uuid(),
      device_name: z.string(),
      at: at.describe('When it was seen'),
      from: state.nullable().describe('Null when it is the first state of the device'),
      to: state,
      cause: z
        .string()
        .describe('`probe`, `driver`, `not_reported`, `not_probed`, `blind`, `parent`, `maintenance` or `disabled`'),
      in_maintenance: z.boolean(),
      excused: z.boolean().describe('In a maintenance that does not count as downtime'),
      blind: z.boolean().describe('The vantage point itself was cut off'),
      detail: z.string().nullable(),
    }),
    example: {
      device_id: '0b9c1f7e-5f0a-4c53-9d0e-3d1f6c3a2b10',
      device_name: 'Router Riverside',
      at: '2026-11-21T12:00:31.204Z',
      from: 'up',
      to: 'down',
      cause: 'probe',
      in_maintenance: false,
      excused: false,
      blind: false,
      detail: 'no answer to 3 packets',
    },
  }),
  'swarm.changed': event({
    meaning:
      'Something in the swarm changed, or its picture went stale or fresh again. Not told when only time passed.',
    schema: z.object({
      revision: z.string().nullable().describe('Of the picture; null when there is none yet'),
      collected_at: at.nullable(),
      stale: z.boolean(),
      nodes: z.object({ total: count, ready: count, down: count }),
      services: z.record(z.string(), count).describe('`total`, and one number per health'),
      problems: count.describe('How many there are: GET /api/v1/status/swarm/problems lists them'),
    }),
    example: {
      revision: 'b3f1c2d4-6a0e-4a1f-9a51-0d6f0d2a7c11',
      collected_at: '2026-11-21T12:00:02.118Z',
      stale: false,
      nodes: { total: 3, ready: 2, down: 1 },
      services: { total: 12, healthy: 11, degraded: 1 },
      problems: 2,
    },
  }),
  'alert.changed': event({
    meaning: 'An alert fired, was resolved, acknowledged or suppressed, or is so no longer.',
    schema: z.object({
      alert_id: z.uuid(),
      at,
      kind: z.enum([
        'fired',
        'resolved',
        'suppressed',
        'unsuppressed',
        'acknowledged',
        'unacknowledged',
        'ack_expired',
      ]),
      actor: z.string().nullable().describe('Name of the token that did it; null when it happened by itself'),
      state: z.enum(['pending', 'firing', 'resolved']).describe('What it is now'),
      severity: z.enum(['critical', 'high', 'medium', 'low', 'info']),
      rule_id: z.uuid().nullable().describe('Null when the rule is deleted'),
      rule_name: z.string(),
      target_kind: z.string(),
      target_name: z.string(),
      device_id: z.uuid().nullable(),
      summary: z.string(),
      acknowledged: z.boolean(),
      suppressed_by: z.string().nullable(),
    }),
    example: {
      alert_id: '5b0e6b60-8d0d-4b55-9c2c-2f6a0a2f7d31',
      at: '2026-11-21T12:01:01.310Z',
      kind: 'fired',
      actor: null,
      state: 'firing',
      severity: 'critical',
      rule_id: 'c1f7a1de-1b66-4b53-8a0d-7a5a0a0f9e10',
      rule_name: 'Device down',
      target_kind: 'device',
      target_name: 'Router Riverside',
      device_id: '0b9c1f7e-5f0a-4c53-9d0e-3d1f6c3a2b10',
      summary: 'Router Riverside has been down for 1 min',
      acknowledged: false,
      suppressed_by: null,
    },
  }),
  'job.progress': event({
    meaning: 'A job that somebody waits for began, got on or ended. GET /api/v1/jobs/{id} has its result.',
    schema: z.object({
      id: z.string(),
      name: z.string(),
      state: z.enum(['active', 'waiting', 'completed', 'failed']).describe('`waiting`: it failed and is tried again'),
      progress: z
        .record(z.string(), z.unknown())
        .nullable()
        .describe('What the job says of itself; its form is the job’s'),
    }),
    example: {
      id: 'discovery.scan-6f1c2f0e-4a7b-4c58-8d57-8f0a4b1e2c33',
      name: 'discovery.scan',
      state: 'active',
      progress: { probed: 128, of: 254, answered: 17 },
    },
  }),
  reset: event({
    meaning: 'Events were or may have been missed: read the lists again. It is told whatever `events` asks for.',
    schema: z.object({
      reason: z
        .enum(['unknown_id', 'too_old', 'gap', 'too_many'])
        .describe(
          '`unknown_id`: the last event id is not of this process, which may have been restarted; `too_old`: it is no longer kept; ' +
            '`gap`: the process itself could not listen for a while; `too_many`: too much happened at once to tell it one by one',
        ),
    }),
    example: { reason: 'gap' },
  }),
};

export type StreamEventName = keyof typeof streamCatalogue;
export const STREAM_EVENT_NAMES = Object.keys(streamCatalogue) as StreamEventName[];

/** What an event of the stream says, in wire form. */
export type StreamData<Name extends StreamEventName> = z.input<(typeof streamCatalogue)[Name]['schema']>;

/** One event, still without its id. */
export type StreamEvent = { [Name in StreamEventName]: { event: Name; data: StreamData<Name> } }[StreamEventName];
