import { Injectable } from '@nestjs/common';
import { NOT_APPLICABLE } from '../../../metrics/metric.js';
import { CacheService } from '../../../platform/cache/cache.service.js';
import { SamplePart } from '../sample-part.port.js';
import { ofInstallation, type Sample } from '../sample.js';

const LIMIT_MS = 1_000;

/** Whether Redis answers, if there is one. */
@Injectable()
export class RedisPart extends SamplePart {
  readonly name = 'Redis';

  constructor(private readonly cache: CacheService) {
    super();
  }

  async take(): Promise<Sample[]> {
    const status = await this.cache.ping(LIMIT_MS);
    const up = status === 'memory' ? NOT_APPLICABLE : Number(status === 'connected');
    return ofInstallation({ 'self.redis_up': up });
  }
}
