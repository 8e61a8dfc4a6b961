import { Module } from '@nestjs/common';
import { SignalSources } from '../../metrics/signal-sources.service.js';
import { SwarmModule } from '../swarm.module.js';
import { SwarmSignalSource } from './swarm-signal-source.service.js';

/** Offers the values of the swarm. Reads its tiers, never Docker. */
@Module({ imports: [SwarmModule], providers: [SwarmSignalSource] })
export class SwarmSignalsModule {
  constructor(sources: SignalSources, source: SwarmSignalSource) {
    sources.register(source);
  }
}
