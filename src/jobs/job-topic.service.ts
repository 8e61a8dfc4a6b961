import { Injectable, type OnModuleInit } from '@nestjs/common';
import { StreamTopics } from '../platform/events/stream-topics.service.js';

/** Tells announced jobs on the stream: their notice says it all. */
@Injectable()
export class JobTopic implements OnModuleInit {
  constructor(private readonly topics: StreamTopics) {}

  onModuleInit(): void {
    this.topics.register('job', async ({ id, name, state, progress }) => [
      { event: 'job.progress', data: { id, name, state, progress } },
    ]);
  }
}
