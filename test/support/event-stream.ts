import { type ClientRequest, type IncomingMessage, request as httpRequest } from 'node:http';
import { eventually } from './eventually.js';

/** An event as it came. */
export interface StreamedEvent {
  id: string;
  event: string;
  data: Record<string, unknown>;
}

/** A client of the stream over a real socket, which can stop reading, leave and come back. */
export class EventStream {
  readonly events: StreamedEvent[] = [];
  readonly comments: string[] = [];
  /** As a browser keeps it: of the last block that had an id, event or not. */
  lastId = '';
  retryMs: number | null = null;
  closed = false;
  private rest = '';

  private constructor(
    private readonly request: ClientRequest,
    readonly response: IncomingMessage,
  ) {
    response.setEncoding('utf8');
    response.on('data', (text: string) => this.read(text));
    response.on('error', () => undefined);
    response.on('close', () => (this.closed = true));
  }

  /** Resolves with the headers; any status. */
  static open(port: number, path: string, headers: Record<string, string>): Promise<EventStream> {
    return new Promise((resolve, reject) => {
      const request = httpRequest({ host: '127.0.0.1', port, path, headers, agent: false });
      request.on('response', (response) => resolve(new EventStream(request, response)));
      request.on('error', reject);
      request.end();
    });
  }

  get status(): number {
    return this.response.statusCode ?? 0;
  }

  /** Waits until there are so many events of a name, or of any. */
  async until(count: number, name?: string): Promise<StreamedEvent[]> {
    const wanted = (): StreamedEvent[] => this.events.filter(({ event }) => name === undefined || event === name);
    await eventually(() => expect(wanted().length).toBeGreaterThanOrEqual(count));
    return wanted();
  }

  untilClosed(timeoutMs?: number): Promise<void> {
    return eventually(() => expect(this.closed).toBe(true), { everyMs: 10, ...(timeoutMs && { timeoutMs }) });
  }

  /** Takes nothing more from the socket. */
  stopReading(): void {
    this.response.pause();
  }

  leave(): void {
    this.request.destroy();
  }

  private read(text: string): void {
    const blocks = (this.rest + text).split('\n\n');
    this.rest = blocks.pop()!;
    for (const block of blocks) this.take(block.split('\n'));
  }

  private take(lines: string[]): void {
    const field = (name: string): string | undefined =>
      lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
    this.lastId = field('id') ?? this.lastId;
    const retry = field('retry');
    if (retry !== undefined) this.retryMs = Number(retry);
    this.comments.push(...lines.filter((line) => line.startsWith(':')));
    const data = field('data');
    if (data === undefined) return;
    this.events.push({ id: this.lastId, event: field('event')!, data: JSON.parse(data) as StreamedEvent['data'] });
  }
}
