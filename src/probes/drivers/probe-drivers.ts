import type { DriverName, ProbeDriver } from './probe-driver.port.js';

/** The drivers of this worker by name. */
export class ProbeDrivers {
  private readonly byName: ReadonlyMap<DriverName, ProbeDriver>;

  /** @throws Error when two drivers have one name */
  constructor(drivers: readonly ProbeDriver[]) {
    this.byName = new Map(drivers.map((driver) => [driver.name, driver]));
    if (this.byName.size !== drivers.length) throw new Error('Two probe drivers have the same name. Keep one.');
  }

  /** @throws Error when there is none for the kind */
  of(kind: DriverName): ProbeDriver {
    const driver = this.byName.get(kind);
    if (!driver) throw new Error(`There is no probe driver for the check kind "${kind}". Add it to DriversModule.`);
    return driver;
  }

  all(): ProbeDriver[] {
    return [...this.byName.values()];
  }
}
