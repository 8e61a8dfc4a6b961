/** What rarely changes of a device, as PostgreSQL tells it. Times are ms since the epoch. */
export interface InventoryRow {
  num: number;
  /** Changes whenever the device or its site does. */
  version: string;
  id: string;
  name: string;
  ip: string;
  hostname: string | null;
  vendor: string | null;
  device_type: string | null;
  device_subtype: string | null;
  model: string | null;
  location: string | null;
  description: string | null;
  enabled: boolean;
  site_id: string | null;
  site_name: string | null;
  site_region: string | null;
  site_branch: string | null;
  site_latitude: number | null;
  site_longitude: number | null;
  tags: string[];
  /** JSON. */
  custom_fields: string;
  snmp_port: number;
  check_kind: string;
  discovered_at: string | null;
  created_at: string;
  updated_at: string;
}

/** What changes with every probe; all null for a device that was never probed. */
export interface StateRow {
  num: number;
  version: string;
  state: string | null;
  last_known_state: string | null;
  answered: boolean | null;
  rtt_avg: number | null;
  loss_percent: number | null;
  last_at: string | null;
  last_ok_at: string | null;
  down_since: string | null;
  in_maintenance: boolean | null;
  blind: boolean | null;
  flapping: boolean | null;
  items_in_error: number | null;
}

const PING_STATUS: Record<string, string> = { up: 'Up', down: 'Down', unreachable: 'Down' };

/** The first part of a device's JSON, without the closing brace. */
export function inventoryJson(row: InventoryRow): string {
  const custom = JSON.parse(row.custom_fields) as Record<string, unknown>;
  const site = row.site_id && {
    id: row.site_id,
    name: row.site_name,
    region: row.site_region,
    branch: row.site_branch,
    latitude: row.site_latitude,
    longitude: row.site_longitude,
  };
  const json = JSON.stringify({
    id: row.id,
    name: row.name,
    ip: row.ip,
    hostname: row.hostname,
    vendor: row.vendor,
    device_type: row.device_type,
    device_subtype: row.device_subtype,
    model: row.model,
    location: row.location,
    description: row.description,
    enabled: row.enabled,
    site,
    branch_id: row.site_id,
    region: row.site_region ?? asText(custom['region']),
    branch: row.site_branch ?? asText(custom['branch']),
    latitude: row.site_latitude ?? asNumber(custom['latitude']),
    longitude: row.site_longitude ?? asNumber(custom['longitude']),
    tags: row.tags,
    custom_fields: custom,
    snmp_port: row.snmp_port,
    check_kind: row.check_kind,
    discovered_at: asTime(row.discovered_at),
    created_at: asTime(row.created_at),
    updated_at: asTime(row.updated_at),
  });
  return json.slice(0, -1);
}

/**
 * The rest of a device's JSON, from the comma to the closing brace. By hand, because it is made anew for every device of every
 * request; none of its texts needs escaping.
 */
export function stateJson(row: StateRow): string {
  const state = row.state ?? 'unknown';
  const pingStatus = PING_STATUS[state] ?? 'Unknown';
  const lastAt = quotedTime(row.last_at);
  const lastSeen = quotedTime(row.last_ok_at);
  const problems = Number(pingStatus === 'Down') + Number(row.flapping === true) + (row.items_in_error ?? 0);
  return (
    `,"last_seen":${lastSeen},"available":"${state === 'up' ? 'Available' : 'Unavailable'}"` +
    `,"ping_status":"${pingStatus}","ping_response_time":${row.answered ? row.rtt_avg : null}` +
    `,"last_ping_timestamp":${lastAt},"down_since":${quotedTime(row.down_since)},"problems":${problems}` +
    `,"state":"${state}","last_known_state":${row.last_known_state === null ? null : `"${row.last_known_state}"`}` +
    `,"loss_percent":${row.loss_percent},"in_maintenance":${row.in_maintenance === true}` +
    `,"blind":${row.blind === true},"flapping":${row.flapping === true}}`
  );
}

function asTime(ms: string | null): string | null {
  return ms === null ? null : new Date(Number(ms)).toISOString();
}

/** Devices that were probed together have the same times, and making text of a time is most of the work here. */
let latestTime = { ms: '', text: '' };

function quotedTime(ms: string | null): string | null {
  if (ms === null) return null;
  if (ms !== latestTime.ms) latestTime = { ms, text: `"${new Date(Number(ms)).toISOString()}"` };
  return latestTime.text;
}

function asText(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

/** Coordinates came as text from the old system. */
function asNumber(value: unknown): number | null {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : null;
}
