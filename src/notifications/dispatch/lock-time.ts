import type { Settings } from '../../platform/config/settings.schema.js';

/** For the queue in the process that sends and for writing down the outcome. */
const MARGIN_MS = 10_000;

/** How long a delivery is its sender's, ms: after that another takes it, the sender is taken for dead. */
export function lockMsOf({ notifyTimeoutSeconds }: Pick<Settings, 'notifyTimeoutSeconds'>): number {
  return notifyTimeoutSeconds * 1_000 + MARGIN_MS;
}
