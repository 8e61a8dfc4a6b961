import { z } from 'zod';
import { instant } from '../../../platform/http/instant.js';
import { listQuery } from '../../../platform/http/list-query.js';
import { DEVICE_STATES } from '../../state/device-state.js';
import { RESOLUTIONS } from './rollup-plan.js';

const time = z.iso.datetime().nullable();
const number = z.number().nullable();
const count = z.int().nonnegative();
const state = z.enum(DEVICE_STATES);

export const deviceParams = z.strictObject({ id: z.uuid('Must be a UUID.') });
export type DeviceParams = z.output<typeof deviceParams>;

const from = instant('2026-11-21T00:00:00Z').optional();
const to = instant('2026-11-22T00:00:00Z').optional();

export const deviceStateSchema = z.strictObject({
  device_id: z.uuid(),
  name: z.string(),
  ip: z.string(),
  enabled: z.boolean(),
  state,
  last_known_state: z.enum(['up', 'down']).nullable(),
  hard: z.boolean().nullable().describe('False while results disagree with the state, and not yet often enough.'),
  fails: count.nullable().describe('Failed results in a row.'),
  oks: count.nullable().describe('Good results in a row.'),
  since: time,
  down_since: time,
  cause: z.string().nullable(),
  last_at: time.describe('When the last probe began.'),
  last_ok_at: time.describe('When it answered last.'),
  outcome: z.enum(['ok', 'failed', 'unknown']).nullable().describe('Of the last probe.'),
  error: z.string().nullable(),
  sent: count.nullable(),
  received: count.nullable(),
  loss_percent: number,
  rtt_min_ms: number,
  rtt_avg_ms: number,
  rtt_max_ms: number,
  jitter_ms: number,
  detail: z
    .record(z.string(), z.unknown())
    .nullable()
    .describe('What else the probe found: HTTP status, days until a certificate expires.'),
  in_maintenance: z.boolean(),
  excused: z.boolean().describe('In a maintenance that does not count as downtime.'),
  blind: z.boolean(),
  flapping: z.boolean(),
  samples: z
    .array(z.strictObject({ at: z.iso.datetime(), rtt_ms: number, loss_percent: number }))
    .describe('Of the last 10 minutes, oldest first. A cycle that did not happen has none.'),
});
export type DeviceStateDto = z.output<typeof deviceStateSchema>;

export const deviceStateExample: DeviceStateDto = {
  device_id: '0b9c1f7e-5f0a-4c53-9d0e-3d1f6c3a2b10',
  name: 'Router Riverside',
  ip: '10.20.0.1',
  enabled: true,
  state: 'up',
  last_known_state: 'up',
  hard: true,
  fails: 0,
  oks: 117,
  since: '2026-11-21T11:02:01.118Z',
  down_since: null,
  cause: 'probe',
  last_at: '2026-11-21T12:00:31.204Z',
  last_ok_at: '2026-11-21T12:00:31.204Z',
  outcome: 'ok',
  error: null,
  sent: 3,
  received: 3,
  loss_percent: 0,
  rtt_min_ms: 0.031,
  rtt_avg_ms: 0.048,
  rtt_max_ms: 0.07,
  jitter_ms: 0.01,
  detail: null,
  in_maintenance: false,
  excused: false,
  blind: false,
  flapping: false,
  samples: [{ at: '2026-11-21T12:00:31.000Z', rtt_ms: 0.048, loss_percent: 0 }],
};

export const pingSchema = z.strictObject({
  at: z.iso.datetime().describe('When the probe began.'),
  status: z.enum(['ok', 'failed', 'unknown']),
  sent: count,
  received: count,
  loss_percent: number,
  rtt_min_ms: number,
  rtt_avg_ms: number,
  rtt_max_ms: number,
  jitter_ms: number,
});
export type PingDto = z.output<typeof pingSchema>;

export const pingExample: PingDto = {
  at: '2026-11-21T12:00:31.204Z',
  status: 'ok',
  sent: 3,
  received: 3,
  loss_percent: 0,
  rtt_min_ms: 0.031,
  rtt_avg_ms: 0.048,
  rtt_max_ms: 0.07,
  jitter_ms: 0.01,
};

export const pingsQuery = listQuery({
  item: pingSchema,
  sort: ['at'],
  defaultSort: '-at',
  filters: {
    from: from.describe('Not before; a day before `to` without it.'),
    to: to.describe('Before; now without it.'),
  },
});
export type PingsQuery = z.output<typeof pingsQuery>;

export const stateEventSchema = z.strictObject({
  id: z.string(),
  at: z.iso.datetime(),
  from: state.nullable().describe('Null: its first state.'),
  to: state.describe('The same as `from` when only its maintenance began or ended.'),
  cause: z
    .string()
    .describe('`probe`, `driver`, `not_reported`, `not_probed`, `blind`, `parent`, `maintenance` or `disabled`.'),
  in_maintenance: z.boolean(),
  excused: z.boolean(),
  blind: z.boolean(),
  detail: z.string().nullable(),
  recorded_at: z.iso.datetime(),
});
export type StateEventDto = z.output<typeof stateEventSchema>;

export const stateEventExample: StateEventDto = {
  id: '4711',
  at: '2026-11-21T11:02:01.118Z',
  from: 'down',
  to: 'up',
  cause: 'probe',
  in_maintenance: false,
  excused: false,
  blind: false,
  detail: null,
  recorded_at: '2026-11-21T11:02:33.402Z',
};

export const stateEventsQuery = listQuery({
  item: stateEventSchema,
  sort: ['at'],
  defaultSort: '-at',
  filters: { from: from.describe('Not before.'), to: to.describe('Before.') },
});
export type StateEventsQuery = z.output<typeof stateEventsQuery>;

export const rollupsQuery = z.strictObject({
  from: from.describe('A day before `to` without it.'),
  to: to.describe('Now without it.'),
  resolution: z
    .enum(['auto', ...RESOLUTIONS], { error: `Must be one of: auto, ${RESOLUTIONS.join(', ')}.` })
    .default('auto')
    .describe('What to read from; `auto` chooses by the length and the age of the range.'),
});
export type RollupsQuery = z.output<typeof rollupsQuery>;

const rollupPoint = z.strictObject({
  at: z.iso.datetime().describe('Begin of the point; with `raw` when its first probe began.'),
  cycles: count.describe('Probes in it that had a result.'),
  sent: count,
  received: count,
  loss_percent: number.describe('Null when nothing was sent.'),
  seconds_up: number.describe('Null with `raw`, like the other seconds.'),
  seconds_down: number,
  seconds_unknown: number,
  seconds_maintenance: number,
  rtt_min_ms: number,
  rtt_avg_ms: number,
  rtt_max_ms: number,
  rtt_p95_ms: number.describe('Of a point made of several rollups, the greatest of theirs.'),
});

export const rollupsSchema = z.strictObject({
  device_id: z.uuid(),
  from: z.iso.datetime().describe('Where the point begins that the asked begin is in.'),
  to: z.iso.datetime(),
  resolution: z.enum(RESOLUTIONS).describe('What was read.'),
  step_seconds: count.describe('Width of a point.'),
  complete_until: time.describe('Rollups are made until here; null with `raw`, and before the first ones are made.'),
  points: z
    .array(rollupPoint)
    .describe('Oldest first, at most about 1,500. Where nothing was measured there is no point.'),
});
export type RollupsDto = z.output<typeof rollupsSchema>;

export const rollupsExample: RollupsDto = {
  device_id: '0b9c1f7e-5f0a-4c53-9d0e-3d1f6c3a2b10',
  from: '2026-11-20T12:00:00.000Z',
  to: '2026-11-21T12:00:00.000Z',
  resolution: '5m',
  step_seconds: 300,
  complete_until: '2026-11-21T11:55:00.000Z',
  points: [
    {
      at: '2026-11-20T12:00:00.000Z',
      cycles: 10,
      sent: 30,
      received: 30,
      loss_percent: 0,
      seconds_up: 300,
      seconds_down: 0,
      seconds_unknown: 0,
      seconds_maintenance: 0,
      rtt_min_ms: 0.031,
      rtt_avg_ms: 0.048,
      rtt_max_ms: 0.07,
      rtt_p95_ms: 0.066,
    },
  ],
};
