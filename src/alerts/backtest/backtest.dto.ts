import { z } from 'zod';
import { instant } from '../../platform/http/instant.js';

const count = z.int().nonnegative();

export const backtestSchema = z.strictObject({
  expression: z.string(),
  from: z.iso.datetime(),
  to: z.iso.datetime(),
  resolution: z
    .enum(['samples', '5m'])
    .describe('What loss and round trips were read of: every result, or means of five minutes.'),
  history_from: z.iso
    .datetime()
    .nullable()
    .describe(
      'From when on anything is known of these devices, also before `from`; nothing can have fired before. null: nothing is.',
    ),
  known_percent: z
    .number()
    .nullable()
    .describe(
      'For how much of the time of all devices it can be said whether the condition held; the rest went by no_data. null: there are no devices.',
    ),
  alerts: z
    .array(
      z.strictObject({
        device: z.strictObject({ id: z.uuid(), name: z.string(), ip: z.string() }),
        fired_at: z.iso.datetime(),
        resolved_at: z.iso.datetime().nullable().describe('null: it fired still at `to`.'),
        firing_seconds: z.number(),
        peak_value: z.number().nullable().describe('The worst that the value got to while it fired.'),
      }),
    )
    .describe('The first 1,000, by when they fired.'),
  truncated: z.boolean().describe('There are more alerts than those listed; the totals count all.'),
  totals: z.strictObject({
    alerts: count,
    devices: count.describe('Those that an alert would have fired for.'),
    devices_evaluated: count,
    firing_seconds: z.number(),
    notices: count.describe(
      'About how many would have been told, resolves included: alerts of a group within 30 s are one.',
    ),
  }),
  notes: z.array(z.string()).describe('What the past does not tell, or only roughly.'),
});
export type BacktestDto = z.output<typeof backtestSchema>;

export const backtestExample: BacktestDto = {
  expression: 'icmp.down_seconds >= 60',
  from: '2026-11-20T00:00:00.000Z',
  to: '2026-11-20T12:00:00.000Z',
  resolution: 'samples',
  history_from: '2026-10-02T08:00:00.000Z',
  known_percent: 99.8,
  alerts: [
    {
      device: { id: '1f0f4a6e-7e0c-4f5c-9a54-6f3d0b7f2a10', name: 'Router Riverside', ip: '10.0.0.1' },
      fired_at: '2026-11-20T03:11:00.000Z',
      resolved_at: '2026-11-20T03:20:00.000Z',
      firing_seconds: 540,
      peak_value: 600,
    },
  ],
  truncated: false,
  totals: { alerts: 1, devices: 1, devices_evaluated: 875, firing_seconds: 540, notices: 2 },
  notes: ['Silences and flapping are left out: they would have told less.'],
};

export const backtestParams = z.strictObject({ id: z.uuid('Must be a UUID.') });
export type BacktestParams = z.output<typeof backtestParams>;

const time = instant('2026-11-20T00:00:00Z');
export const backtestQuery = z.strictObject({
  from: time.optional().describe('Without it, a day before `to`.'),
  to: time.optional().describe('Not in it any more. Without it, now; what lies ahead is left out.'),
});
export type BacktestQuery = z.output<typeof backtestQuery>;

export const backtestBodyExample = { expression: 'icmp.down_seconds >= 60', scope: { sites: ['Berlin'] } };
