import type { ChannelDriver, ChannelKind } from './channel-driver.port.js';

/** The driver of each kind. */
export class ChannelDrivers {
  private readonly byKind: ReadonlyMap<string, ChannelDriver>;

  constructor(drivers: readonly ChannelDriver[]) {
    this.byKind = new Map(drivers.map((driver) => [driver.kind, driver]));
  }

  /** @throws Error when there is none: a kind was removed */
  of(kind: ChannelKind): ChannelDriver {
    const driver = this.byKind.get(kind);
    if (!driver) throw new Error(`There is no driver for channels of the kind ${kind}`);
    return driver;
  }
}
