import type { ComponentHealth } from '../component-health.js';

/** One line of `components` in `GET /api/v1/health`. The reporter owns time limits and failures. */
export abstract class HealthComponent {
  /** Its key on the wire. */
  abstract readonly name: string;
  abstract assess(): Promise<ComponentHealth>;
  /** What it means when the check itself fails or takes too long. */
  readonly whenUnknown: 'degraded' | 'critical' = 'degraded';
}
