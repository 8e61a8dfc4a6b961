import { critical, degraded, healthy, type ComponentHealth } from './component-health.js';

const DEGRADED_UNDER_PERCENT = 20;
const CRITICAL_UNDER_PERCENT = 10;

/** Free space of the disk that holds the data, in the contract's form: `healthy: 45.2GB free (75.3%)`. */
export function judgeDisk({ freeBytes, totalBytes }: { freeBytes: number; totalBytes: number }): ComponentHealth {
  const percent = totalBytes === 0 ? 0 : (freeBytes / totalBytes) * 100;
  const text = `${(freeBytes / 1e9).toFixed(1)}GB free (${percent.toFixed(1)}%)`;
  if (percent < CRITICAL_UNDER_PERCENT) return critical(text);
  if (percent < DEGRADED_UNDER_PERCENT) return degraded(text);
  return healthy(`: ${text}`);
}
