import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { eventually } from './eventually.js';

/** What arrived of one notice, as far as tests look at it. */
export interface ReceivedNotice {
  /** Its idempotency key. */
  id: string;
  kind: string;
  alerts: { rule_name: string; target_name: string; status: string; severity: string; summary: string }[];
}

/** A real receiver of webhooks and of heartbeats on the loopback. */
export class NoticeReceiver {
  readonly notices: ReceivedNotice[] = [];
  /** When each GET arrived, by performance.now(). */
  readonly beats: number[] = [];

  private constructor(private readonly server: Server) {}

  static async start(): Promise<NoticeReceiver> {
    const server = createServer();
    const receiver = new NoticeReceiver(server);
    server.on('request', (request, response) => {
      if (request.method === 'GET') receiver.beats.push(performance.now());
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        if (request.method === 'POST')
          receiver.notices.push(JSON.parse(Buffer.concat(chunks).toString()) as ReceivedNotice);
        response.end('OK');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/hook`;
  }

  /** Waits until it was told of an alert of that rule. @returns what was told of it */
  async told(
    status: 'firing' | 'resolved',
    rule: string,
    { target, timeoutMs }: { target?: string; timeoutMs: number },
  ): Promise<ReceivedNotice['alerts'][number]> {
    return eventually(
      () => {
        const found = this.alerts.find(
          (alert) =>
            alert.status === status &&
            alert.rule_name === rule &&
            (target === undefined || alert.target_name === target),
        );
        if (!found) throw new Error(`Not told that "${rule}" is ${status}: ${JSON.stringify(this.alerts)}`);
        return found;
      },
      { timeoutMs, everyMs: 100 },
    );
  }

  get alerts(): ReceivedNotice['alerts'] {
    return this.notices.flatMap(({ alerts }) => alerts);
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
