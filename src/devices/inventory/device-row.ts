import type { CheckKind } from '../check-kind.js';
import type { NewDevice } from './device-rules.js';
import type { ReferenceIds } from './references.store.js';

/** A row of `devices`, without what PostgreSQL makes itself. */
export interface DeviceRow {
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
  profile_id: string;
  parent_id: string | null;
  check_kind: CheckKind;
  port: number | null;
  url: string | null;
  expected_status: string | null;
  expected_body: string | null;
  refused_is_up: boolean;
  verify_tls: boolean;
  duplicate_allowed: boolean;
  tags: string[];
  custom_fields: Record<string, string | number | boolean | null>;
  snmp_credential_id: string | null;
  snmp_port: number;
  discovered_at: string | null;
}

/** The row of a new device, with its defaults. */
export function deviceRow(device: NewDevice, ids: ReferenceIds & { profile_id: string }): DeviceRow {
  return {
    name: device.name,
    ip: device.ip,
    hostname: device.hostname ?? null,
    vendor: device.vendor ?? null,
    device_type: device.device_type ?? null,
    device_subtype: device.device_subtype ?? null,
    model: device.model ?? null,
    location: device.location ?? null,
    description: device.description ?? null,
    enabled: device.enabled ?? true,
    site_id: ids.site_id ?? null,
    profile_id: ids.profile_id,
    parent_id: ids.parent_id ?? null,
    check_kind: device.check_kind ?? 'icmp',
    port: device.port ?? null,
    url: device.url ?? null,
    expected_status: device.expected_status ?? null,
    expected_body: device.expected_body ?? null,
    refused_is_up: device.refused_is_up ?? false,
    verify_tls: device.verify_tls ?? true,
    duplicate_allowed: device.allow_duplicate ?? false,
    tags: device.tags ?? [],
    custom_fields: device.custom_fields ?? {},
    snmp_credential_id: ids.snmp_credential_id ?? null,
    snmp_port: device.snmp_port ?? 161,
    discovered_at: device.discovered_at ?? null,
  };
}

/** Whether fping has anything to do with the device. */
export function isPinged({ enabled, check_kind }: Pick<DeviceRow, 'enabled' | 'check_kind'>): boolean {
  return enabled && check_kind === 'icmp';
}
