import { Module } from '@nestjs/common';
import { CacheWarmingProcessor } from './refresh/cache-warming.processor.js';
import { SwarmModule } from './swarm.module.js';

/** Upkeep of the swarm's tiers, for workers with and without Docker. */
@Module({ imports: [SwarmModule], providers: [CacheWarmingProcessor] })
export class SwarmUpkeepModule {}
