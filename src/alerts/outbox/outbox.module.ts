import { Module } from '@nestjs/common';
import { AlertFactsStore } from './alert-facts.store.js';
import { Outbox } from './outbox.store.js';

/** What must be told, for who tells it. */
@Module({ providers: [Outbox, AlertFactsStore], exports: [Outbox, AlertFactsStore] })
export class OutboxModule {}
