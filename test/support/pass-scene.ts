import type { Signal } from '../../src/metrics/metric.js';
import type { SignalReading } from '../../src/metrics/signal-source.port.js';
import { type DeviceFacts, Inventory } from '../../src/alerts/engine/inventory.js';
import type { PassInput, PassOutcome, PassRule, Silence, StoredAlert } from '../../src/alerts/engine/pass.js';
import { runPass } from '../../src/alerts/engine/run-pass.js';

export const NOW = 1_000_000_000;
export const DOWN = 'icmp.down_seconds';
export const last = (metric: string): Signal => ({ metric, agg: 'last', windowSeconds: null });

export function device(num: number, more: Partial<DeviceFacts> = {}): DeviceFacts {
  const site = { siteId: 'site-1', siteName: 'Berlin', region: 'north' };
  const rest = { enabled: true, tags: ['core'], parentNum: null, checkKind: 'icmp' } as const;
  return { num, id: `id-${num}`, name: `d${num}`, ip: `10.0.0.${num}`, ...site, ...rest, ...more };
}

export function rule(more: Partial<PassRule> = {}): PassRule {
  return {
    id: 'rule-1',
    key: null,
    version: 1,
    name: 'Device down',
    severity: 'critical',
    scope: { kind: 'devices', selector: { all: true } },
    condition: { metric: DOWN, op: '>=', value: 60 },
    forSeconds: 0,
    recoveryCondition: null,
    recoveryForSeconds: 0,
    keepFiringSeconds: 0,
    noData: 'keep',
    groupBy: ['site'],
    labels: {},
    message: null,
    runbookUrl: null,
    enabled: true,
    brokenReason: null,
    targetKind: 'device',
    ...more,
  };
}

/** Values by metric, one for each device in turn. */
export function reading(values: Record<string, number[]>, nums: number[]): SignalReading {
  const columns = Object.values(values).map((column) => Float64Array.from(column));
  return { kind: 'device', nums: Int32Array.from(nums), signals: Object.keys(values).map(last), columns };
}

export interface Scene extends Partial<Omit<PassInput, 'inventory' | 'readings'>> {
  devices?: DeviceFacts[];
  values?: Record<string, number[]>;
  readings?: SignalReading[];
  members?: Map<string, number[] | null>;
}

export function pass(scene: Scene = {}): PassOutcome {
  const { devices = [device(1)], values = {}, rules = [rule()], members, ...more } = scene;
  const nums = devices.map(({ num }) => num);
  return runPass({
    now: NOW,
    rules,
    inventory: new Inventory(devices, members ?? new Map(rules.map(({ id }) => [id, null]))),
    readings: [reading(values, nums)],
    failedSignals: new Set(),
    maintenance: new Map(),
    silences: [],
    open: [],
    leftAcks: new Map(),
    ...more,
  });
}

/** What an alert of `rule()` and `device(1)` was written with. */
const KEY = pass({ values: { [DOWN]: [75] } }).opened[0]!.face.key;

export function stored(more: Partial<StoredAlert> = {}): StoredAlert {
  const times = { pendingSince: NOW - 90_000, firedAt: NOW - 90_000, clearSince: null, recoveringSince: null };
  const about = { targetKind: 'device', targetKey: 'id-1', deviceNum: 1 } as const;
  return {
    id: 'alert-1',
    rowVersion: 1,
    fingerprint: 'f',
    ruleId: 'rule-1',
    faceKey: KEY,
    ...about,
    labels: null,
    value: 90,
    summary: '',
    state: 'firing',
    ...times,
    ack: null,
    suppression: null,
    announcedAt: NOW - 90_000,
    evaluatedAt: NOW - 30_000,
    ...more,
  };
}

export const silence = (more: Partial<Silence> = {}): Silence => ({
  id: 'silence-1',
  matchers: [{ name: 'site', op: '=', value: 'Berlin' }],
  startsAt: NOW - 1,
  endsAt: NOW + 60_000,
  ...more,
});
export const names = (alerts: { face: { targetName: string } }[]) => alerts.map(({ face }) => face.targetName);
export const nothing = { opened: [], changed: [], resolved: [], dropped: [], broken: [] };
export const seconds = (outcome: PassOutcome) =>
  outcome.nextDueAt === null ? null : (outcome.nextDueAt - NOW) / 1_000;
