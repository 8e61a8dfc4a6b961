import type { SqlList } from '../../platform/http/list-sql.js';
import { CHECK_KINDS } from '../check-kind.js';
import type { DeviceDto, DevicesQuery } from './devices.dto.js';
import { searchedText, selectorCondition, type SqlCondition } from './selector-sql.js';
import { isUuid } from './uuid.js';

/** A device as it is selected: the wire's form, with times as Dates. */
export type SelectedDevice = Omit<DeviceDto, 'discovered_at' | 'created_at' | 'updated_at'> & {
  discovered_at: Date | null;
  created_at: Date;
  updated_at: Date;
};

const named = (alias: string) =>
  `CASE WHEN ${alias}.id IS NOT NULL THEN jsonb_build_object('id', ${alias}.id, 'name', ${alias}.name) END`;

/** In the order of the wire. */
export const DEVICE_SELECT = `d.id, d.name, d.ip, d.hostname, d.vendor, d.device_type, d.device_subtype, d.model, d.location, d.description,
  d.enabled, d.site_id, ${named('s')} AS site, d.profile_id, ${named('p')} AS profile, d.parent_id, ${named('u')} AS parent, d.check_kind,
  d.port, d.url, d.expected_status, d.expected_body, d.refused_is_up, d.verify_tls, d.duplicate_allowed, d.tags, d.custom_fields,
  d.snmp_credential_id, ${named('c')} AS snmp_credential, d.snmp_port, d.discovered_at, d.created_at, d.updated_at`;
// Outer joins to keys only: PostgreSQL leaves out those that a count does not need.
export const DEVICE_FROM = `devices d LEFT JOIN profiles p ON p.id = d.profile_id LEFT JOIN sites s ON s.id = d.site_id
  LEFT JOIN devices u ON u.id = d.parent_id LEFT JOIN credentials c ON c.id = d.snmp_credential_id`;

type Filters = DevicesQuery['filters'];
const CONDITIONS: { [K in keyof Filters]-?: (value: NonNullable<Filters[K]>) => SqlCondition } = {
  enabled: (enabled) => selectorCondition({ enabled }),
  vendor: (vendor) => ({ condition: 'd.vendor = ?', values: [vendor] }),
  device_type: (type) => ({ condition: 'd.device_type = ?', values: [type] }),
  location: (location) => ({ condition: 'd.location = ?', values: [location] }),
  region: (region) => ({ condition: "coalesce(d.custom_fields->>'region', s.region) = ?", values: [region] }),
  branch: (branch) => ({ condition: "coalesce(d.custom_fields->>'branch', s.branch) = ?", values: [branch] }),
  site: (site) => selectorCondition({ sites: [site] }),
  tag: (tag) => ({ condition: 'd.tags @> ARRAY[?::text]', values: [tag] }),
  group: (group) => selectorCondition({ groups: [group] }),
  profile: (profile) => selectorCondition({ profiles: [profile] }),
  check_kind: (kind: (typeof CHECK_KINDS)[number]) => ({ condition: 'd.check_kind = ?', values: [kind] }),
  parent: (parent) =>
    isUuid(parent)
      ? { condition: 'd.parent_id = ?::uuid', values: [parent] }
      : { condition: 'd.parent_id IN (SELECT id FROM devices WHERE name = ?)', values: [parent] },
};

/** How devices are listed, in SQL. */
export function deviceList(query: DevicesQuery): SqlList<DevicesQuery['sort']['key']> {
  const given = Object.entries(query.filters).filter(([, value]) => value !== undefined);
  const where = given.map(([name, value]) =>
    (CONDITIONS[name as keyof Filters] as (value: unknown) => SqlCondition)(value),
  );
  if (query.q) where.push({ condition: `position(lower(?) in ${searchedText('d')}) > 0`, values: [query.q] });
  return {
    select: DEVICE_SELECT,
    from: DEVICE_FROM,
    id: { expression: 'd.id', type: 'uuid' },
    sort: {
      name: { expression: 'd.name', type: 'text' },
      ip: { expression: 'd.ip', type: 'text' },
      created_at: { expression: 'd.created_at', type: 'timestamptz' },
      updated_at: { expression: 'd.updated_at', type: 'timestamptz' },
    },
    where,
  };
}

/** The wire's form. */
export function presentDevice(row: SelectedDevice & { _at?: string; _id?: string }): DeviceDto {
  const { _at, _id, ...device } = row;
  return {
    ...device,
    discovered_at: device.discovered_at?.toISOString() ?? null,
    created_at: device.created_at.toISOString(),
    updated_at: device.updated_at.toISOString(),
  };
}
