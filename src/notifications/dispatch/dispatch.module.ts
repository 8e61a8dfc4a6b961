import { Module } from '@nestjs/common';
import { DispatchFiguresStore } from './dispatch-figures.store.js';

/** What others ask of it. Without anything that sends. */
@Module({ providers: [DispatchFiguresStore], exports: [DispatchFiguresStore] })
export class DispatchModule {}
