import { Global, Module } from '@nestjs/common';
import { SignalHistory } from '../../metrics/signal-history.port.js';
import { ProbeHistory } from './history.store.js';

/** Offers the past of devices. */
@Global()
@Module({ providers: [{ provide: SignalHistory, useClass: ProbeHistory }], exports: [SignalHistory] })
export class ProbeHistoryModule {}
