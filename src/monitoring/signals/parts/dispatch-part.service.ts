import { Injectable } from '@nestjs/common';
import { DispatchFiguresStore } from '../../../notifications/dispatch/dispatch-figures.store.js';
import { SamplePart } from '../sample-part.port.js';
import { ofInstallation, type Sample } from '../sample.js';

/** How telling goes. */
@Injectable()
export class DispatchPart extends SamplePart {
  readonly name = 'the dispatcher';

  constructor(private readonly store: DispatchFiguresStore) {
    super();
  }

  async take(): Promise<Sample[]> {
    const { deadLetters, outboxOldestSeconds } = await this.store.read();
    return ofInstallation({
      'self.failed_deliveries': deadLetters,
      'self.outbox_oldest_seconds': outboxOldestSeconds ?? 0,
    });
  }
}
