import { z } from 'zod';
import { listQuery } from '../../platform/http/list-query.js';
import { SCHEDULES } from './probe-turn.js';

const count = z.int().min(0).nullable();

export const probesSchema = z.strictObject({
  vantage: z
    .strictObject({
      blind: z.boolean(),
      since: z.iso.datetime().describe('Since when it is blind, or sees.'),
      reason: z
        .enum(['canaries', 'devices'])
        .nullable()
        .describe(
          'What it was judged by: no canary answers, or nearly everything that was up fails at once. null: it sees.',
        ),
    })
    .describe('The place that is probed from. While it is blind, what fails is `unknown`, not down.'),
  drivers: z
    .array(
      z.strictObject({
        driver: z.string(),
        worker: z.string(),
        ok: z.boolean(),
        code: z.string().nullable(),
        message: z.string().nullable().describe('How to mend it.'),
        checked_at: z.iso.datetime(),
      }),
    )
    .describe('Of every worker that is there.'),
  schedules: z.array(
    z.strictObject({
      kind: z.enum(SCHEDULES),
      interval_seconds: z.int(),
      shard: z.int().describe('Devices are probed, and SNMP items polled, in shards of 10,000.'),
      devices: z.int(),
      last_due_at: z.iso.datetime().nullable(),
      last_started_at: z.iso.datetime().nullable(),
      last_duration_ms: count,
      lag_ms: z.int().nullable().describe('How long after it was due the last turn began.'),
      answered: count,
      failed: count,
      unknown: count,
      planned_share: z
        .number()
        .nullable()
        .describe(
          'Share of the interval that its pings take at most; over 0.7 is refused. null for other checks and SNMP.',
        ),
      missed_last_hour: z.int(),
    }),
  ),
});
export type ProbesDto = z.output<typeof probesSchema>;

export const probesExample: ProbesDto = {
  vantage: { blind: false, since: '2026-11-20T08:00:00.000Z', reason: null },
  drivers: [
    {
      driver: 'icmp',
      worker: 'probe-1-4711',
      ok: false,
      code: 'fping_missing',
      message: 'fping was not found. Install it: apt-get install fping',
      checked_at: '2026-11-21T09:30:00.000Z',
    },
  ],
  schedules: [
    {
      kind: 'ping',
      interval_seconds: 30,
      shard: 0,
      devices: 875,
      last_due_at: '2026-11-21T09:30:00.000Z',
      last_started_at: '2026-11-21T09:30:00.041Z',
      last_duration_ms: 7_930,
      lag_ms: 41,
      answered: 873,
      failed: 2,
      unknown: 0,
      planned_share: 0.29,
      missed_last_hour: 0,
    },
  ],
};

export const cycleSchema = z.strictObject({
  id: z.string(),
  kind: z.enum(SCHEDULES),
  interval_seconds: z.int(),
  shard: z.int(),
  due_at: z.iso.datetime(),
  started_at: z.iso.datetime().nullable(),
  duration_ms: count,
  targets: count,
  answered: count,
  failed: count,
  unknown: count,
  missed: z
    .enum(['late', 'overlap', 'not_run'])
    .nullable()
    .describe('Why it was not done: it began too late, the one before still ran, or nobody ran it. null: it was done.'),
});
export type CycleDto = z.output<typeof cycleSchema>;

export const cycleExample: CycleDto = {
  id: 'ping-30-0-1795253400',
  kind: 'ping',
  interval_seconds: 30,
  shard: 0,
  due_at: '2026-11-21T09:30:00.000Z',
  started_at: '2026-11-21T09:30:00.041Z',
  duration_ms: 7_930,
  targets: 875,
  answered: 873,
  failed: 2,
  unknown: 0,
  missed: null,
};

export const cyclesQuery = listQuery({
  item: cycleSchema,
  sort: ['due_at'],
  defaultSort: '-due_at',
  filters: {
    kind: z.enum(SCHEDULES).optional(),
    shard: z.coerce.number().int().min(0).max(1_000_000).optional(),
    missed: z
      .enum(['true', 'false'])
      .transform((word) => word === 'true')
      .optional(),
  },
});
export type CyclesQuery = z.output<typeof cyclesQuery>;
