import { Injectable } from '@nestjs/common';
import { CacheService } from '../platform/cache/cache.service.js';
import { JobHandler } from '../platform/queue/job-handler.decorator.js';

@Injectable()
export class CacheCleanupProcessor {
  constructor(private readonly cache: CacheService) {}

  @JobHandler('cache.cleanup')
  async cleanUp(): Promise<{ purged: number }> {
    return { purged: this.cache.purgeExpired() };
  }
}
