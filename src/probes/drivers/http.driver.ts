import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Injectable } from '@nestjs/common';
import { AddressResolver } from './address-resolver.client.js';
import { type HttpAnswer, request } from './http-request.driver.js';
import { networkFault } from './network-error.js';
import { probeEach } from './probe-each.js';
import {
  notReported,
  type ProbeOptions,
  ProbeDriver,
  ProbeDriverError,
  type ProbeResult,
  type ProbeTarget,
} from './probe-driver.port.js';
import { roundTrips } from './round-trips.js';
import { statusRule } from './status-rule.js';

const AT_ONCE = 200;
const SELF_TEST_MS = 3_000;

/** HTTP and HTTPS: up when the status is as expected, the body holds the expected text and the certificate verifies. */
@Injectable()
export class HttpDriver extends ProbeDriver {
  readonly name = 'http';

  constructor(private readonly resolver: AddressResolver) {
    super();
  }

  probe(targets: readonly ProbeTarget[], { signal, raw = false }: ProbeOptions): Promise<ProbeResult[]> {
    return probeEach(targets, { signal, atOnce: AT_ONCE }, (target, stop) => this.one(target, stop, raw));
  }

  async selfTest(signal: AbortSignal): Promise<void> {
    const server = createServer((_, response) => response.end('ok'));
    try {
      await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as AddressInfo;
      const { fault } = await request({
        url: new URL(`http://127.0.0.1:${port}/`),
        address: '127.0.0.1',
        timeoutMs: SELF_TEST_MS,
        wanted: 'ok',
        verifyTls: true,
        raw: false,
        stop: signal,
      });
      if (fault) throw new Error(fault.message);
    } catch (error) {
      const said = error instanceof Error ? error.message : String(error);
      throw new ProbeDriverError('http_failed', `HTTP does not work on this machine, not even to itself: ${said}`);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  }

  private async one(target: ProbeTarget, stop: AbortSignal, raw: boolean): Promise<ProbeResult> {
    const { num, timeoutMs, verifyTls, expectedBody: wanted } = target;
    const url = urlOf(target);
    const good = statusRule(target.expectedStatus);
    if (!url) return { ...notReported(num), error: 'bad_url' };
    if (!good) return { ...notReported(num), error: 'bad_status_rule' };
    const address = await this.resolver.resolve(url.hostname.replace(/^\[|\]$/g, ''));
    if (address === null) return { ...notReported(num), error: 'unresolvable' };
    if (stop.aborted) return notReported(num);
    const answer = await request({ url, address, timeoutMs, wanted, verifyTls, raw, stop });
    return resultOf(num, address, answer, good, raw);
  }
}

/** @returns null when it is not an http(s) URL */
function urlOf({ url, address, port }: ProbeTarget): URL | null {
  const host = address.includes(':') ? `[${address}]` : address;
  const parsed = URL.parse(url ?? `http://${host}${port === null ? '' : `:${port}`}/`);
  return parsed && /^https?:$/.test(parsed.protocol) ? parsed : null;
}

function resultOf(
  num: number,
  address: string,
  answer: HttpAnswer,
  good: (status: number) => boolean,
  raw: boolean,
): ProbeResult {
  const { status, ms, certificate } = answer;
  const judged = judge(answer, good);
  const sent = judged.outcome === 'unknown' ? 0 : 1;
  const failed = judged.outcome !== 'ok';
  const detail = {
    address,
    http_status: status,
    ...certificate,
    ...(judged.message !== null && { message: judged.message }),
    ...(failed && ms !== null && { response_ms: roundTrips([ms])!.avg }),
  };
  const heard = raw ? { raw: answer.raw || `${judged.message ?? ''}\n` } : {};
  const { outcome, error } = judged;
  const rtt = failed ? null : roundTrips([ms]);
  return { num, outcome, sent, received: failed ? 0 : 1, rtt, error, detail, ...heard };
}

interface Judged extends Pick<ProbeResult, 'outcome' | 'error'> {
  message: string | null;
}

function judge({ status, bodyFound, fault }: HttpAnswer, good: (status: number) => boolean): Judged {
  if (status !== null && !good(status)) {
    return { outcome: 'failed', error: 'status', message: `HTTP ${status} is not an expected status` };
  }
  if (fault) {
    if (fault.code === 'TIME_LIMIT') return { outcome: 'failed', error: 'timeout', message: fault.message };
    if (fault.code === 'CERTIFICATE') return { outcome: 'failed', error: 'certificate', message: fault.message };
    return { ...networkFault(fault.code), message: fault.message };
  }
  if (bodyFound === false) {
    return { outcome: 'failed', error: 'body', message: 'The expected text is not in the first MiB of the body' };
  }
  return { outcome: 'ok', error: null, message: null };
}
