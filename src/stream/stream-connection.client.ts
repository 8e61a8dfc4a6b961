import type { ServerResponse } from 'node:http';
import type { Caller } from '../platform/http/access-control.port.js';
import type { StreamFilter } from './stream-filter.js';

/** Whose stream it is. */
export interface StreamOwner {
  caller: Caller;
  /** In plain text: it is looked up again for as long as the stream is open. */
  token: string;
}

/** One open stream: writes what it is given, and gives up a client that does not read. */
export class StreamConnection {
  constructor(
    private readonly response: ServerResponse,
    readonly owner: StreamOwner,
    readonly filter: StreamFilter,
    private readonly unreadBytes: number,
  ) {}

  /** @returns false when the client has too much unread: then it was cut, and hears nothing more */
  send(frames: string): boolean {
    if (this.response.destroyed || this.response.writableEnded) return true;
    if (this.response.writableLength > this.unreadBytes) {
      this.cut();
      return false;
    }
    this.response.write(frames);
    return true;
  }

  /** Lets the client have what was sent. */
  end(): void {
    this.response.end();
  }

  cut(): void {
    this.response.destroy();
  }

  onceClosed(then: () => void): void {
    this.response.once('close', then);
  }
}
