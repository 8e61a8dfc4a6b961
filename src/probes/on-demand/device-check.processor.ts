import { Injectable } from '@nestjs/common';
import type { JobPayload } from '../../platform/queue/job-catalogue.js';
import { type JobContext, JobHandler } from '../../platform/queue/job-handler.decorator.js';
import { notReported, ProbeDriverError, type ProbeResult } from '../drivers/probe-driver.port.js';
import { ProbeDrivers } from '../drivers/probe-drivers.js';
import { boundText } from './bound-text.js';
import { type DeviceToCheck, DeviceToCheckStore } from './device-to-check.store.js';
import { explainResult } from './explain-result.js';

/** Less than the job may take, so that a probe that hangs is told as such. */
const BUDGET_MS = 50_000;
const MAX_RAW_BYTES = 6_000;
const MAX_WORDS_BYTES = 600;

/** What a check on demand answers with. At most 8 KiB of JSON. */
export interface DeviceCheckResult {
  device_id: string;
  checked_at: string;
  outcome: ProbeResult['outcome'];
  sent: number;
  received: number;
  rtt_ms: ProbeResult['rtt'];
  error: string | null;
  detail: ProbeResult['detail'];
  /** What the driver heard, word for word. */
  raw: string;
  /** The same in one sentence for people. */
  explanation: string;
}

/**
 * Somebody wants to know now. Answers with what was heard and changes nothing: neither the state nor the history of the device, since
 * those are made of what the cycles find at their own times.
 */
@Injectable()
export class DeviceCheckProcessor {
  constructor(
    private readonly devices: DeviceToCheckStore,
    private readonly drivers: ProbeDrivers,
  ) {}

  @JobHandler('device.check')
  async check({ deviceId }: JobPayload<'device.check'>, { signal }: JobContext): Promise<DeviceCheckResult> {
    const checkedAt = new Date();
    const device = await this.devices.find(deviceId);
    const { result, explanation } = device
      ? await this.ask(device, signal)
      : { result: { ...notReported(0), error: 'device_not_found' }, explanation: 'The device was deleted meanwhile.' };
    const { outcome, sent, received, rtt, error, detail, raw = '' } = result;
    return {
      device_id: deviceId,
      checked_at: checkedAt.toISOString(),
      outcome,
      sent,
      received,
      rtt_ms: rtt,
      error,
      detail: detail && boundDetail(detail),
      raw: boundText(raw, MAX_RAW_BYTES),
      explanation: boundText(explanation, MAX_WORDS_BYTES),
    };
  }

  private async ask(device: DeviceToCheck, signal: AbortSignal): Promise<{ result: ProbeResult; explanation: string }> {
    const { kind, target } = device;
    try {
      const options = { signal, budgetMs: BUDGET_MS, raw: true };
      const [result = notReported(target.num)] = await this.drivers.of(kind).probe([target], options);
      return { result, explanation: explainResult(target, result) };
    } catch (error) {
      if (!(error instanceof ProbeDriverError)) throw error;
      return { result: { ...notReported(target.num), error: error.code }, explanation: error.message };
    }
  }
}

function boundDetail(detail: NonNullable<ProbeResult['detail']>): ProbeResult['detail'] {
  const bound = (value: string | number | boolean | null) =>
    typeof value === 'string' ? boundText(value, MAX_WORDS_BYTES / 2) : value;
  return Object.fromEntries(Object.entries(detail).map(([key, value]) => [key, bound(value)]));
}
