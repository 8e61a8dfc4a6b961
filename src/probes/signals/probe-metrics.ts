import type { CheckKind } from '../../devices/check-kind.js';
import type { MetricDefinition } from '../../metrics/metric.js';
import { FLAP_RESULTS } from '../state/flapping.js';
import type { DeviceField } from './device-fields.js';

/** The rings of `device_state` reach back this far. */
export const RING_SECONDS = 600;

/** A metric of devices, and where it comes from. */
export interface ProbeMetric extends MetricDefinition {
  field: DeviceField;
  /** Only devices that are checked like this; null: all that are probed. */
  checkKind: CheckKind | null;
}

type Told = Pick<MetricDefinition, 'unit' | 'description'> & Partial<MetricDefinition>;

const WINDOWED = { aggregations: ['last', 'avg', 'min', 'max'], longestWindowSeconds: RING_SECONDS } as const;

const DOWN: Told = {
  unit: 'seconds',
  description:
    'How long it has been down, counted from the first probe that failed; 0 while it is up. It is down once as many probes in a row ' +
    'have failed as its profile asks for. Unknown while nothing can be said of it: behind a parent that is down, not probed, ' +
    'or when this machine itself is cut off.',
  hasHistory: true,
};
const NO_DATA: Told = {
  unit: 'seconds',
  description:
    'How long there has been no result at all, neither an answer nor a failure: no worker probes it, the driver is broken or its name ' +
    'does not resolve. Of a device that was never probed, since it was last changed. The only one that is known of a device that is ' +
    'not probed any more.',
  hasHistory: true,
};
const UP: Told = {
  unit: 'seconds',
  description:
    'How long it has been up; 0 while it is down and while its last probe failed. With `and device.up_seconds >= 5m` a window of ' +
    '5 minutes speaks of nothing but the time that it was up. Unknown when down_seconds is.',
  hasHistory: true,
};
const FLAPS: Told = {
  unit: null,
  range: [0, FLAP_RESULTS - 1],
  description:
    'How often it changed between answering and failing within its last 20 results; 19 is a change every time, 0 is calm.',
};
const loss = (what: string): Told => ({ ...WINDOWED, unit: 'percent', description: what, hasHistory: true });
const time = (what: string): Told => ({
  ...WINDOWED,
  unit: 'ms',
  description: `${what} Unknown of a probe that had no answer; an aggregation leaves such probes out.`,
  hasHistory: true,
});

/** What each kind of check tells. */
const OF_KIND: Record<CheckKind, Record<string, [DeviceField, Told]>> = {
  icmp: {
    down_seconds: ['down_seconds', DOWN],
    loss_percent: ['loss', loss('Packets without an answer, of those that the last ping (or all of the window) sent.')],
    rtt_ms: ['rtt', time('Mean round trip of the packets of a ping.')],
    jitter_ms: [
      'jitter',
      {
        unit: 'ms',
        description:
          'Mean difference between successive round trips of the last ping. Unknown with fewer than two answers.',
        hasHistory: true,
      },
    ],
    flaps: ['flaps', FLAPS],
    no_data_seconds: ['no_data_seconds', NO_DATA],
  },
  tcp: {
    down_seconds: ['down_seconds', DOWN],
    loss_percent: ['loss', loss('Connects that failed: 0 or 100 of the last one, a share of those within a window.')],
    rtt_ms: ['rtt', time('How long connecting took.')],
    flaps: ['flaps', FLAPS],
    no_data_seconds: ['no_data_seconds', NO_DATA],
  },
  http: {
    down_seconds: ['down_seconds', DOWN],
    loss_percent: [
      'loss',
      loss(
        'Requests that failed, by status, body, certificate or silence: 0 or 100 of the last one, a share of those within a window.',
      ),
    ],
    rtt_ms: ['rtt', time('How long it took until the head of the answer was there, connecting included.')],
    status: [
      'http_status',
      {
        unit: null,
        range: [100, 999],
        description: 'HTTP status of the last answer, such as 200. Unknown when there was none.',
      },
    ],
    cert_expiry_days: [
      'cert_expiry_days',
      {
        unit: 'days',
        description:
          'Whole days until the certificate of the server expires, below 0 when it has; as the last check saw it. Only of devices whose ' +
          'url begins with https.',
      },
    ],
    flaps: ['flaps', FLAPS],
    no_data_seconds: ['no_data_seconds', NO_DATA],
  },
};

const anyKind = (told: Told): Told => ({
  ...told,
  description: `Of every device, however it is checked. ${told.description}`,
});

const OF_DEVICE: Record<string, [DeviceField, Told]> = {
  down_seconds: ['down_seconds', anyKind(DOWN)],
  up_seconds: ['up_seconds', anyKind(UP)],
  loss_percent: ['loss', anyKind(loss('Packets, connects or requests that failed, of those that were sent.'))],
  rtt_ms: ['rtt', anyKind(time('How long an answer took.'))],
  flaps: ['flaps', anyKind(FLAPS)],
  no_data_seconds: ['no_data_seconds', anyKind(NO_DATA)],
  flapping: [
    'flapping',
    {
      unit: '1 or 0',
      description:
        'Of every device: 1 while it changes between answering and failing more often than its profile allows, until it has calmed down.',
    },
  ],
  state_code: ['state_code', { unit: null, description: '0 up, 1 down, 2 unknown, 3 unreachable.', internal: true }],
  failing: ['failing', { unit: '1 or 0', description: 'Fails, but not yet often enough to be down.', internal: true }],
};

/** All metrics of devices, by name. */
export const PROBE_METRICS: ReadonlyMap<string, ProbeMetric> = new Map(
  [
    ...Object.entries(OF_KIND).flatMap(([kind, metrics]) => definitions(kind, metrics, kind as CheckKind)),
    ...definitions('device', OF_DEVICE, null),
  ].map((metric) => [metric.name, metric]),
);

function definitions(
  family: string,
  metrics: Record<string, [DeviceField, Told]>,
  checkKind: CheckKind | null,
): ProbeMetric[] {
  return Object.entries(metrics).map(([name, [field, told]]) => ({
    aggregations: ['last'],
    longestWindowSeconds: null,
    hasHistory: false,
    ...told,
    name: `${family}.${name}`,
    target: 'device',
    field,
    checkKind,
  }));
}
