import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Settings } from '../../platform/config/settings.schema.js';
import type { StreamEvent } from '../../platform/events/stream-catalogue.js';
import { StreamTopics } from '../../platform/events/stream-topics.service.js';
import type { SwarmReading } from '../picture/reading.js';
import { SwarmReader } from '../picture/swarm-reader.service.js';
import { swarmChange, swarmDigest } from './swarm-change.js';

/** Tells on the stream that the swarm changed: after a refresh that found something else than the one before, or that failed. */
@Injectable()
export class SwarmChangeTopic implements OnModuleInit {
  /** Of what was told last. */
  private told: string | null = null;

  constructor(
    private readonly topics: StreamTopics,
    private readonly reader: SwarmReader,
    private readonly settings: Settings,
  ) {}

  onModuleInit(): void {
    this.topics.register('swarm_published', ({ revision }) => this.look(revision));
    this.topics.register('swarm_refresh_failed', () => this.look(null));
  }

  private async look(revision: string | null): Promise<StreamEvent[]> {
    let reading = await this.freshReading();
    // A reading that was under way when the notice came may be from before it.
    if (revision !== null && reading.picture?.revision !== revision) reading = await this.freshReading();
    const change = swarmChange(reading, new Date(), this.settings.swarmRefreshSeconds);
    const digest = swarmDigest(reading, change.stale);
    if (digest === this.told) return [];
    this.told = digest;
    return [{ event: 'swarm.changed', data: change }];
  }

  private freshReading(): Promise<SwarmReading> {
    this.reader.forget();
    return this.reader.current();
  }
}
