import type { ComponentHealth } from '../component-health.js';
import { HealthComponent } from './health-component.port.js';

/** A component whose health needs no look: the API that answers. */
export class FixedIndicator extends HealthComponent {
  constructor(
    readonly name: string,
    private readonly health: ComponentHealth,
  ) {
    super();
  }

  async assess(): Promise<ComponentHealth> {
    return this.health;
  }
}
