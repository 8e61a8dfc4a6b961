import { Injectable } from '@nestjs/common';
import { Settings } from '../../platform/config/settings.schema.js';
import type { ChannelDriver, DeliveryOutcome, Message } from '../channels/channel-driver.port.js';
import { ChannelDrivers } from '../channels/channel-drivers.js';
import { describeError } from '../outbound/describe-error.js';
import type { KeptChannel } from '../channels/channel-vault.store.js';

/** A driver that does not heed its signal is not waited for any longer. */
const PATIENCE_MS = 1_000;

/** Makes one attempt. */
@Injectable()
export class Sender {
  constructor(
    private readonly settings: Settings,
    private readonly drivers: ChannelDrivers,
  ) {}

  /**
   * Returns within the time limit, whatever the driver does.
   * @param ending aborted when the process cannot wait any longer
   */
  async send(message: Message, channel: KeptChannel, ending: AbortSignal): Promise<DeliveryOutcome> {
    const { opened, fault } = channel;
    if (!opened) return refusal(fault ?? 'Its secrets cannot be opened.');
    let driver: ChannelDriver;
    try {
      driver = this.drivers.of(channel.kind);
    } catch (error) {
      return refusal(describeError(error));
    }
    const seconds = this.settings.notifyTimeoutSeconds;
    const limit = new AbortController();
    const late = new Promise<DeliveryOutcome>((resolve) => {
      const giveUp = (): void => resolve({ outcome: 'unknown', error: `No outcome within ${seconds} s.` });
      limit.signal.addEventListener('abort', () => (timer = setTimeout(giveUp, PATIENCE_MS)), { once: true });
    });
    let timer = setTimeout(() => limit.abort(new Error(`No answer within ${seconds} s.`)), seconds * 1_000);
    const end = (): void => limit.abort(ending.reason);
    ending.addEventListener('abort', end, { once: true });
    try {
      if (ending.aborted) end();
      return await Promise.race([driver.send(message, opened, limit.signal), late]);
    } catch (error) {
      return { outcome: 'unknown', error: `The driver failed: ${describeError(error)}` };
    } finally {
      clearTimeout(timer);
      ending.removeEventListener('abort', end);
    }
  }
}

function refusal(error: string): DeliveryOutcome {
  return { outcome: 'refused', permanent: false, status: null, error, response: null, retryAfterSeconds: null };
}
