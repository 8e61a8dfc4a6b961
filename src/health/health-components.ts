import type { HealthComponent } from './components/health-component.port.js';

/** The components that this process can judge, in the order of the contract. */
export class HealthComponents {
  constructor(readonly all: HealthComponent[]) {}
}
