import { Global, Module } from '@nestjs/common';
import { SignalSources } from './signal-sources.service.js';

/** What is measured, for who judges or exports it. */
@Global()
@Module({ providers: [SignalSources], exports: [SignalSources] })
export class MetricsModule {}
