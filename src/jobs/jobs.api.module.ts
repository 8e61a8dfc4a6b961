import { Module } from '@nestjs/common';
import { SecurityModule } from '../platform/security/security.module.js';
import { JobTopic } from './job-topic.service.js';
import { JobsController } from './jobs.controller.js';

/** Jobs over HTTP and on the stream. */
@Module({ imports: [SecurityModule], controllers: [JobsController], providers: [JobTopic] })
export class JobsApiModule {}
