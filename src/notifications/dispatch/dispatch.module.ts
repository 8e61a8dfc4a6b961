import { Module } from '@nestjs/common';
import { CancelDeliveries } from './cancel-deliveries.store.js';
import { DispatchFiguresStore } from './dispatch-figures.store.js';
import { TestDeliveries } from './test-deliveries.store.js';

/** What others ask of deliveries: a test, an end, figures. Without anything that sends. */
@Module({
  providers: [TestDeliveries, CancelDeliveries, DispatchFiguresStore],
  exports: [TestDeliveries, CancelDeliveries, DispatchFiguresStore],
})
export class DispatchModule {}
