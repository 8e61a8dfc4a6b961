import { Module } from '@nestjs/common';
import { SecurityModule } from '../../platform/security/security.module.js';
import { SilencesController } from './silences.controller.js';
import { Silences } from './silences.service.js';
import { SilencesStore } from './silences.store.js';

/** Silences over HTTP. */
@Module({ imports: [SecurityModule], controllers: [SilencesController], providers: [Silences, SilencesStore] })
export class SilencesApiModule {}
