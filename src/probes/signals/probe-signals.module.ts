import { Module } from '@nestjs/common';
import { SignalSources } from '../../metrics/signal-sources.service.js';
import { ProbeHistoryModule } from './history.module.js';
import { ProbeSignalSource } from './probe-signal-source.store.js';
import { SnmpSignalSource } from './snmp-signal-source.store.js';

/** Offers the values of devices. Reads what workers have written; the network it leaves alone. */
@Module({ imports: [ProbeHistoryModule], providers: [ProbeSignalSource, SnmpSignalSource] })
export class ProbeSignalsModule {
  constructor(sources: SignalSources, probes: ProbeSignalSource, snmp: SnmpSignalSource) {
    sources.register(probes);
    sources.register(snmp);
  }
}
