import { createHash } from 'node:crypto';
import type { DeviceFacts } from './inventory.js';
import type { PassRule } from './pass.js';
import type { Target } from './targets.js';

/**
 * Short for everything of a rule that its alerts show and are routed by: one that was written with another key says something that is
 * not so any more. Cheaper to read of each open alert than what it stands for.
 */
export function ruleFaceKey({ version, name, severity, labels, message, runbookUrl }: PassRule): string {
  return short([version, name, severity, labels, message, runbookUrl]);
}

/** The facts of a device are the same object for as long as nothing of the inventory changes. */
const known = new WeakMap<DeviceFacts, string>();

/** The same of a target. */
export function targetFaceKey({ name, labels, device }: Target): string {
  if (!device) return short([name, labels]);
  const key = known.get(device) ?? short([device.name, device.ip, device.checkKind, ...placeOf(device), device.tags]);
  known.set(device, key);
  return key;
}

function placeOf({ siteId, siteName, region }: DeviceFacts): unknown[] {
  return [siteId, siteName, region];
}

function short(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 16);
}
