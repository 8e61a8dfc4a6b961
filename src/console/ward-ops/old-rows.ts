/** Rows of the old system, as far as they move in. Columns that an installation does not have are null. */
export interface OldDevice {
  id: string;
  name: string | null;
  ip: string | null;
  hostname: string | null;
  vendor: string | null;
  device_type: string | null;
  device_subtype: string | null;
  model: string | null;
  location: string | null;
  description: string | null;
  enabled: boolean | null;
  discovered_at: Date | null;
  tags: unknown;
  custom_fields: unknown;
  branch_id: string | null;
  normalized_name: string | null;
  floor_info: string | null;
  unit_number: string | null;
  original_name: string | null;
  ssh_port: number | null;
  ssh_username: string | null;
  ssh_enabled: boolean | null;
  snmp_community: string | null;
  snmp_version: string | null;
  snmp_port: number | null;
  created_at: Date | null;
}

export interface OldBranch {
  id: string;
  name: string | null;
  region: string | null;
  latitude: number | null;
  longitude: number | null;
}

export interface OldProfile {
  id: string;
  name: string | null;
  mode: string | null;
  is_active: boolean | null;
  description: string | null;
}

export interface OldItem {
  device_id: string;
  oid_name: string | null;
  oid: string | null;
  interval: number | null;
  value_type: string | null;
  units: string | null;
  enabled: boolean | null;
}

export interface OldRule {
  id: string;
  device_id: string | null;
  branch_id: string | null;
  name: string | null;
  description: string | null;
  expression: string | null;
  severity: string | null;
  notification_channels: unknown;
  notification_recipients: unknown;
  device_group: string | null;
  monitoring_item_id: string | null;
  enabled: boolean | null;
}

/** A ping with the id of its device; the old table knows the address only. */
export interface OldPing {
  device_id: string;
  at: Date;
  sent: number;
  received: number;
  reachable: boolean;
  rtt_min: number | null;
  rtt_avg: number | null;
  rtt_max: number | null;
}

export interface OldSystem {
  devices: OldDevice[];
  branches: OldBranch[];
  profiles: OldProfile[];
  items: OldItem[];
  rules: OldRule[];
}
