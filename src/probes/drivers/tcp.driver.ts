import { type AddressInfo, connect, createServer } from 'node:net';
import { Injectable } from '@nestjs/common';
import { AddressResolver } from './address-resolver.client.js';
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

const AT_ONCE = 500;
const SELF_TEST_MS = 3_000;

/** How a try to connect ended; `code` is null when it was the time limit. */
type Connected = { kind: 'open'; ms: number } | { kind: 'error'; ms: number; code: string | null; message: string };

/** TCP: up when the port accepts a connection. Nothing is sent on it. */
@Injectable()
export class TcpDriver extends ProbeDriver {
  readonly name = 'tcp';

  constructor(private readonly resolver: AddressResolver) {
    super();
  }

  probe(targets: readonly ProbeTarget[], { signal, raw = false }: ProbeOptions): Promise<ProbeResult[]> {
    return probeEach(targets, { signal, atOnce: AT_ONCE }, (target, stop) => this.one(target, stop, raw));
  }

  async selfTest(signal: AbortSignal): Promise<void> {
    const server = createServer((socket) => socket.destroy());
    try {
      await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as AddressInfo;
      const connected = await tryConnect('127.0.0.1', port, SELF_TEST_MS, signal);
      if (connected.kind === 'error') throw new Error(connected.message);
    } catch (error) {
      const said = error instanceof Error ? error.message : String(error);
      throw new ProbeDriverError(
        'tcp_failed',
        `TCP connections do not work on this machine, not even to itself: ${said}`,
      );
    } finally {
      server.close();
    }
  }

  private async one(target: ProbeTarget, stop: AbortSignal, raw: boolean): Promise<ProbeResult> {
    const { num, port, timeoutMs, refusedIsUp } = target;
    if (port === null) return { ...notReported(num), error: 'no_port' };
    const address = await this.resolver.resolve(target.address);
    if (address === null) return { ...notReported(num), error: 'unresolvable' };
    if (stop.aborted) return notReported(num);
    const connected = await tryConnect(address, port, timeoutMs, stop);
    const detail = address === target.address ? null : { address };
    const heard = raw ? { raw: describe(address, port, connected) } : {};
    const refused = connected.kind === 'error' && connected.code === 'ECONNREFUSED';
    if (connected.kind === 'open' || (refused && refusedIsUp)) {
      const rtt = roundTrips([connected.ms]);
      return { num, outcome: 'ok', sent: 1, received: 1, rtt, error: null, detail, ...heard };
    }
    const { code, message } = connected;
    const fault = code === null ? ({ outcome: 'failed', error: 'timeout' } as const) : networkFault(code);
    const sent = fault.outcome === 'unknown' ? 0 : 1;
    return { num, ...fault, sent, received: 0, rtt: null, detail: { ...detail, message }, ...heard };
  }
}

function tryConnect(host: string, port: number, timeoutMs: number, stop: AbortSignal): Promise<Connected> {
  return new Promise((resolve) => {
    const startedAt = performance.now();
    const socket = connect({ host, port, noDelay: true });
    const end = (code: string | null, message: string): void => settle({ kind: 'error', ms: elapsed(), code, message });
    const elapsed = (): number => performance.now() - startedAt;
    const timer = setTimeout(() => end(null, `No answer within ${timeoutMs} ms`), timeoutMs);
    const abort = (): void => end('ABORT_ERR', 'Stopped');
    const settle = (how: Connected): void => {
      clearTimeout(timer);
      stop.removeEventListener('abort', abort);
      socket.destroy();
      resolve(how);
    };
    stop.addEventListener('abort', abort, { once: true });
    socket.once('connect', () => settle({ kind: 'open', ms: elapsed() }));
    socket.on('error', ({ code = 'UNKNOWN', message }: NodeJS.ErrnoException) => end(code, message));
  });
}

function describe(address: string, port: number, connected: Connected): string {
  const at = address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
  const said = connected.kind === 'open' ? 'connected' : connected.message;
  return `connect ${at}: ${said} after ${connected.ms.toFixed(3)} ms\n`;
}
