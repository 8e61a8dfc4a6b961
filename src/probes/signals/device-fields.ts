import { FLAP_RESULTS } from '../state/flapping.js';
import { FRESH_INTERVALS } from '../state/device-state.js';
import { IS_STALE } from '../state/stale-state.js';

/** What is known of a device beside its rings. */
export type DeviceField =
  | 'state_code'
  | 'failing'
  | 'flapping'
  | 'flaps'
  | 'down_seconds'
  | 'up_seconds'
  | 'no_data_seconds'
  | 'loss'
  | 'rtt'
  | 'jitter'
  | 'http_status'
  | 'cert_expiry_days';

/** By date_part(), which is of float8: extract() of an interval takes the way over `numeric`. */
const secondsSince = (time: string): string => `greatest(0, date_part('epoch', now() - ${time}))`;

/** Of what has begun, whatever the clock says: 0 is that it has not. */
const LEAST_SECONDS = 0.001;
/** As long as the rings reach back: then any result is enough. */
const UNTOLD_INTERVAL = 600;

/** It is probed at all; what its profile leaves out has no such values. */
export const IS_PROBED = `p.mode = 'standalone'`;
/** Only with an encrypted connection is there a certificate. */
export const HAS_CERTIFICATE = `lower(d.url) LIKE 'https:%'`;

/** What was found out holds now: it was probed lately, since it was switched on last, and we could see. */
const IS_KNOWN = `(st.device_num IS NOT NULL AND NOT coalesce(${IS_STALE}, false) AND NOT st.blind AND st.cause <> 'disabled')`;
/** To be joined: so that it is found out once a device, not once a cell. */
export const KNOWN_ONCE = `CROSS JOIN LATERAL (SELECT ${IS_KNOWN} AS is_known OFFSET 0) k`;
const known = (expression: string): string => `CASE WHEN k.is_known THEN ${expression} END`;

/** A maintenance without probes: nobody expected data before its end. */
const LEFT_ALONE_UNTIL = `CASE WHEN st.maintenance_until > st.last_at AND st.maintenance_until <= now() THEN st.maintenance_until END`;
/** Unknown results and those of a blind machine are in no ring: its newest time is that of the last result that said something. */
const DATA_UNTIL = `to_timestamp(st.ring_at[cardinality(st.ring_at)])`;
/** Since when results are due that never came: it was made, or switched on. */
const EXPECTED_SINCE = `CASE WHEN st.device_num IS NULL OR st.cause = 'disabled' OR cardinality(st.ring_at) = 0
  THEN greatest(d.updated_at, p.updated_at) END`;

/**
 * Columns of devices `d`, their profiles `p` and their states `st`, which may be missing; null is unknown.
 * Neither `state_code` nor `failing` is ever unknown.
 */
export const FIELD_SQL: Record<DeviceField, string> = {
  state_code: `CASE WHEN NOT k.is_known THEN 2 ELSE CASE st.state WHEN 'up' THEN 0 WHEN 'down' THEN 1 WHEN 'unreachable' THEN 3 ELSE 2 END END`,
  failing: `CASE WHEN k.is_known AND st.outcome = 'failed' AND NOT st.hard AND st.state IN ('up', 'unknown') THEN 1 ELSE 0 END`,
  flapping: known('st.flapping::int'),
  // Each bit that differs from its elder is a change; the eldest has none to differ from.
  flaps: known(
    `CASE WHEN st.history_length > 0
     THEN bit_count(((st.history # (st.history >> 1)) & ((1 << (least(st.history_length, ${FLAP_RESULTS}) - 1)) - 1))::bit(32)) END`,
  ),
  down_seconds: known(
    `CASE st.state WHEN 'up' THEN 0 WHEN 'down' THEN greatest(${LEAST_SECONDS}, ${secondsSince('coalesce(st.down_since, st.since)')}) END`,
  ),
  // A probe that fails may be the first of an outage.
  up_seconds: known(
    `CASE st.state WHEN 'up' THEN CASE WHEN st.outcome = 'failed' THEN 0 ELSE ${secondsSince('st.since')} END WHEN 'down' THEN 0 END`,
  ),
  no_data_seconds: `CASE WHEN st.blind AND NOT ${IS_STALE} THEN NULL
    ELSE ${secondsSince(`greatest(${DATA_UNTIL}, ${LEFT_ALONE_UNTIL}, ${EXPECTED_SINCE})`)} END`,
  loss: known('st.loss_percent'),
  rtt: known('st.rtt_avg'),
  jitter: known('st.jitter'),
  http_status: known(`(st.detail ->> 'http_status')::float8`),
  cert_expiry_days: known(`(st.detail ->> 'cert_expiry_days')::float8`),
};

/** Rings with what their windows are taken of. */
export type Ring = 'ring_loss' | 'ring_rtt';
export const RING_OF: Partial<Record<DeviceField, Ring>> = { loss: 'ring_loss', rtt: 'ring_rtt' };

/** Columns and rings of type `real`. */
export const STORED_AS_REAL: ReadonlySet<DeviceField> = new Set<DeviceField>(['loss', 'rtt', 'jitter']);

/** The interval of its results, in seconds, when there is a value of a window to be computed; of a device that nothing is known of now there is none. */
export const HAS_WINDOW = known(
  `coalesce(date_part('epoch', st.fresh_until - st.last_at) / ${FRESH_INTERVALS}, ${UNTOLD_INTERVAL})`,
);
