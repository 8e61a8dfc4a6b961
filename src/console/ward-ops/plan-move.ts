import type { LeftBehind, MoveRules } from './move-terms.js';
import { asUuid, inRange, text, unique, within } from './old-values.js';
import type { OldBranch, OldDevice, OldItem, OldProfile, OldSystem } from './old-rows.js';
import { type NewRule, planRules } from './plan-rules.js';

export interface NewSite {
  id: string;
  name: string;
  region: string | null;
  branch: string | null;
  latitude: number | null;
  longitude: number | null;
}
export interface NewProfile {
  id: string;
  name: string;
  mode: 'standalone' | 'snmp_only';
  description: string | null;
}
/** One for each community that devices share. */
export interface NewCredential {
  id: string;
  name: string;
  community: string;
}
export interface NewDevice {
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
  tags: string[];
  custom_fields: Record<string, string | number | boolean | null>;
  snmp_credential_id: string | null;
  snmp_port: number;
  discovered_at: Date | null;
  created_at: Date | null;
}
export interface NewItem {
  id: string;
  device_id: string;
  name: string;
  oid: string;
  value_type: 'number' | 'text';
  transform: 'none' | 'rate';
  units: string | null;
  interval_seconds: number | null;
  enabled: boolean;
}

export interface Move {
  sites: NewSite[];
  profiles: NewProfile[];
  credentials: NewCredential[];
  devices: NewDevice[];
  items: NewItem[];
  rules: NewRule[];
  leftBehind: LeftBehind[];
}

/** What becomes of the old system's rows. Ids are kept or made from the old ones, so that a second run changes nothing. */
export function planMove(old: OldSystem, rules: MoveRules): Move {
  const leftBehind: LeftBehind[] = [];
  const sites = moveBranches(old.branches);
  const siteIds = new Set(sites.map(({ id }) => id));
  const credentials = moveCommunities(old.devices);
  const communities = new Map(credentials.map(({ community, id }) => [community, id]));
  const byAddress = new Map<string, string>();
  const devices: NewDevice[] = [];
  for (const device of old.devices) {
    try {
      const moved = moveDevice(device, rules, siteIds, communities);
      const other = byAddress.get(moved.ip);
      if (other !== undefined) throw new Error(`its address ${moved.ip} is that of ${other} as well`);
      byAddress.set(moved.ip, moved.name);
      devices.push(moved);
    } catch (error) {
      leftBehind.push({ what: 'device', name: device.name ?? device.id, reason: (error as Error).message });
    }
  }
  const places = {
    devices: new Set(devices.map(({ id }) => id)),
    sites: new Map(sites.map(({ id, name }) => [id, name])),
  };
  const alertRules = planRules(old.rules, places, rules, leftBehind);
  const items = moveItems(old.items, new Set(devices.map(({ id }) => id)), rules, leftBehind);
  return {
    sites,
    profiles: moveProfiles(old.profiles, leftBehind),
    credentials,
    devices,
    items,
    rules: alertRules,
    leftBehind,
  };
}

function moveBranches(branches: OldBranch[]): NewSite[] {
  const names = new Set<string>();
  return branches.map((branch) => ({
    id: asUuid('branch', branch.id),
    name: unique(text(branch.name, 200) ?? `Branch ${branch.id}`, names),
    region: text(branch.region, 200),
    branch: text(branch.name, 200),
    latitude: within(branch.latitude, 90),
    longitude: within(branch.longitude, 180),
  }));
}

function moveCommunities(devices: OldDevice[]): NewCredential[] {
  const communities = new Set(devices.flatMap(({ snmp_community: community }) => (community ? [community] : [])));
  // Numbered in a stable order that does not tell the community.
  const ids = [...communities].map((community) => ({ community, id: asUuid('community', community) }));
  ids.sort((a, b) => (a.id < b.id ? -1 : 1));
  return ids.map(({ community, id }) => ({ community, id, name: `ward-ops SNMP ${id.slice(0, 8)}` }));
}

function moveProfiles(profiles: OldProfile[], leftBehind: LeftBehind[]): NewProfile[] {
  const names = new Set<string>();
  return profiles.flatMap((profile) => {
    const name = text(profile.name, 200);
    const mode = profile.mode ?? 'standalone';
    if (name && (mode === 'standalone' || mode === 'snmp_only')) {
      const description = text(profile.description, 2_000);
      return [{ id: asUuid('profile', profile.id), name: unique(name, names), mode, description }];
    }
    leftBehind.push({ what: 'profile', name: name ?? profile.id, reason: `its mode ${mode} has no counterpart` });
    return [];
  });
}

function moveDevice(old: OldDevice, rules: MoveRules, sites: Set<string>, communities: Map<string, string>): NewDevice {
  const site = old.branch_id ? asUuid('branch', old.branch_id) : null;
  const ip = rules.address(old.ip ?? '');
  return {
    id: asUuid('device', old.id),
    name: text(old.name, 200) ?? ip,
    ip,
    hostname: text(old.hostname, 253),
    vendor: text(old.vendor, 200),
    device_type: text(old.device_type, 200),
    device_subtype: text(old.device_subtype, 200),
    model: text(old.model, 200),
    location: text(old.location, 500),
    description: text(old.description, 2_000),
    enabled: old.enabled ?? true,
    site_id: site && sites.has(site) ? site : null,
    tags: tagsOf(old.tags),
    custom_fields: customFields(old),
    snmp_credential_id: (old.snmp_community && communities.get(old.snmp_community)) || null,
    snmp_port: inRange(old.snmp_port, 1, 65_535) ?? 161,
    discovered_at: old.discovered_at,
    created_at: old.created_at,
  };
}

/** Columns that have no counterpart stay readable under their names. */
function customFields(old: OldDevice): NewDevice['custom_fields'] {
  const { normalized_name, floor_info, unit_number, original_name, ssh_port, ssh_username, ssh_enabled } = old;
  const kept = { normalized_name, floor_info, unit_number, original_name, ssh_port, ssh_username, ssh_enabled };
  const own = typeof old.custom_fields === 'object' && old.custom_fields !== null ? old.custom_fields : {};
  const flat = Object.entries(own).map(([key, value]) => [
    key.slice(0, 100),
    typeof value === 'object' && value !== null
      ? JSON.stringify(value).slice(0, 1_000)
      : (value as string | number | boolean | null),
  ]);
  const set = Object.entries(kept).filter(([, value]) => value !== null && value !== undefined && value !== '');
  return Object.fromEntries([...set, ...flat].slice(0, 100)) as NewDevice['custom_fields'];
}

function moveItems(items: OldItem[], devices: Set<string>, rules: MoveRules, leftBehind: LeftBehind[]): NewItem[] {
  const names = new Map<string, Set<string>>();
  return items.flatMap((item) => {
    const device = asUuid('device', item.device_id);
    const label = `${item.oid_name ?? item.oid ?? 'item'} of ${item.device_id}`;
    if (!devices.has(device)) {
      leftBehind.push({ what: 'item', name: label, reason: 'its device does not move in' });
      return [];
    }
    try {
      const oid = rules.oid(item.oid ?? '');
      const taken = names.get(device) ?? new Set<string>();
      names.set(device, taken);
      const kind = (item.value_type ?? '').toLowerCase();
      const isText = /str|text|char|octet/.test(kind);
      return [
        {
          id: asUuid('item', `${item.device_id} ${oid} ${item.oid_name ?? ''}`),
          device_id: device,
          name: unique(text(item.oid_name, 190) ?? oid, taken),
          oid,
          value_type: isText ? ('text' as const) : ('number' as const),
          transform: /counter|delta|rate/.test(kind) ? ('rate' as const) : ('none' as const),
          units: text(item.units, 50),
          interval_seconds: inRange(item.interval, 5, 86_400),
          enabled: item.enabled ?? true,
        },
      ];
    } catch (error) {
      leftBehind.push({ what: 'item', name: label, reason: (error as Error).message });
      return [];
    }
  });
}

function tagsOf(tags: unknown): string[] {
  const list = Array.isArray(tags) ? tags : typeof tags === 'string' ? tags.split(',') : [];
  const words = list.map((tag) =>
    String(tag)
      .trim()
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_.:/-]+/gu, '-')
      .slice(0, 100),
  );
  return [...new Set(words.filter(Boolean))].slice(0, 50);
}
