import { Module } from '@nestjs/common';
import { PictureMemo } from './picture/picture-memo.service.js';
import { SwarmPublisher } from './picture/swarm-publisher.service.js';
import { SwarmReader } from './picture/swarm-reader.service.js';
import { SwarmStateStore } from './picture/swarm-state.store.js';
import { SwarmTiers } from './picture/swarm-tiers.service.js';

/** What others may ask about the swarm: a reader that never waits for Docker. */
@Module({
  providers: [PictureMemo, SwarmPublisher, SwarmReader, SwarmStateStore, SwarmTiers],
  exports: [PictureMemo, SwarmPublisher, SwarmReader, SwarmStateStore, SwarmTiers],
})
export class SwarmModule {}
