import { connect, type Socket } from 'node:net';

/** Asks, and reads no more than the begin of the answer. */
export class SlowReader {
  readonly begun: Promise<void>;
  private readonly socket: Socket;

  constructor(port: number, path: string) {
    this.socket = connect({ port, host: '127.0.0.1' }, () =>
      this.socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`),
    );
    // Being cut off is what is waited for.
    this.socket.on('error', () => undefined);
    this.begun = new Promise((resolve) =>
      this.socket.once('data', () => {
        this.socket.pause();
        resolve();
      }),
    );
  }

  /** What was under way, until the server ends it. */
  rest(): Promise<string> {
    return new Promise((resolve) => {
      let last = '';
      this.socket.on('data', (chunk) => (last = (last + chunk.toString('latin1')).slice(-100)));
      this.socket.once('close', () => resolve(last));
      this.socket.resume();
    });
  }

  leave(): void {
    this.socket.destroy();
  }
}
