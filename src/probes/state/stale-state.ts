import { FRESH_INTERVALS } from './device-state.js';

/**
 * Nobody probed the device for so long that what is stored of it says nothing about now: no worker is there, or none can write.
 * Of a device that is disabled nobody expects more. Devices are `d`, their states `st`.
 */
export const IS_STALE = '(d.enabled AND st.fresh_until IS NOT NULL AND st.fresh_until < now())';

/** The state that a device is in now. Null when it was never probed. */
export const STATE_NOW = `CASE WHEN ${IS_STALE} THEN 'unknown' ELSE st.state END`;

/** Until when something was known of it: the last probe, or the end of a maintenance that there were none in. */
const SEEN_UNTIL = `(CASE WHEN st.maintenance_until > st.last_at AND st.maintenance_until < st.fresh_until THEN st.maintenance_until
  ELSE st.last_at END)`;

/**
 * Since when a stale device is unknown: it is fresh for so many intervals, and the first of them is the last one that is known. Null for
 * one that is not stale, or was unknown before.
 */
export const STALE_SINCE = `CASE WHEN ${IS_STALE} AND st.state <> 'unknown' THEN ${SEEN_UNTIL} + (st.fresh_until - ${SEEN_UNTIL}) / ${FRESH_INTERVALS} END`;
