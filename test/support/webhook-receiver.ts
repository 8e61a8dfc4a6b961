import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { Message } from '../../src/notifications/channels/channel-driver.port.js';
import { freePort } from './product.js';

/** What it does with a request: answers it so, never, or late. */
export type Reply = number | 'hang' | { status: number; headers?: Record<string, string>; afterMs?: number };

/** One request as it arrived. */
export interface WebhookRequest {
  path: string;
  /** When it was there as a whole, ms since the epoch. */
  at: number;
  /** Its idempotency key. */
  key: string;
  headers: IncomingHttpHeaders;
  text: string;
  /** Null while no answer has been sent. */
  status: number | null;
}

/** A real receiver of webhooks on the loopback. Each path is a receiver of its own whose replies a test chooses. */
export class WebhookReceiver {
  readonly requests: WebhookRequest[] = [];
  private readonly scripts = new Map<string, Reply[]>();
  private server: Server | null = null;
  private port = 0;

  static async start(): Promise<WebhookReceiver> {
    const receiver = new WebhookReceiver();
    await receiver.open();
    return receiver;
  }

  url(path: string): string {
    return `http://127.0.0.1:${this.port}${path}`;
  }

  /** Replies to the next requests of a path; afterwards and without it, 200 at once. */
  script(path: string, ...replies: Reply[]): void {
    this.scripts.set(path, replies);
  }

  of(path: string): WebhookRequest[] {
    return this.requests.filter((request) => request.path === path);
  }

  /** Listens, on the same port as before. */
  async open(): Promise<void> {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { url: path = '', headers } = request;
        const text = Buffer.concat(chunks).toString();
        const key = String(headers['idempotency-key']);
        const arrived: WebhookRequest = { path, at: Date.now(), key, headers, text, status: null };
        this.requests.push(arrived);
        const reply = this.scripts.get(path)?.shift() ?? 200;
        if (reply === 'hang') return;
        const { status, headers: given = {}, afterMs = 0 } = typeof reply === 'number' ? { status: reply } : reply;
        void pause(afterMs).then(() => {
          if (response.destroyed) return;
          response.writeHead(status, given).end();
          arrived.status = status;
        });
      });
    });
    this.port ||= await freePort();
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve));
    this.server = server;
  }

  /** Refuses connections from now on, and drops those there are. */
  async shut(): Promise<void> {
    const { server } = this;
    this.server = null;
    if (!server) return;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

/** The payload of a webhook in the format of its own. */
export function noticeOf({ text }: WebhookRequest): Message & { version: number; status: string } {
  return JSON.parse(text) as Message & { version: number; status: string };
}

/** Whether a request was signed with a secret, a minute ago at most. As a receiver checks it by docs/alerts.md. */
export function isSigned({ headers, text, at }: WebhookRequest, secret: string): boolean {
  const [, seconds = '', given = ''] =
    /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers['x-swarmward-signature'])) ?? [];
  const wanted = createHmac('sha256', secret).update(`${seconds}.${text}`).digest();
  return Math.abs(at / 1_000 - Number(seconds)) < 60 && timingSafeEqual(Buffer.from(given, 'hex'), wanted);
}
