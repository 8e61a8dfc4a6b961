import { Injectable } from '@nestjs/common';
import { JobHandler } from '../../platform/queue/job-handler.decorator.js';
import { SwarmPublisher } from '../picture/swarm-publisher.service.js';

/** Needs the database and the cache, not Docker: any worker can do it. */
@Injectable()
export class CacheWarmingProcessor {
  constructor(private readonly publisher: SwarmPublisher) {}

  @JobHandler('cache.warm')
  async warm(): Promise<{ rewarmed: boolean }> {
    return { rewarmed: await this.publisher.rewarm(new Date()) };
  }
}
