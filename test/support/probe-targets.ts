import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket, type AddressInfo } from 'node:net';
import type { ProbeOptions, ProbeTarget } from '../../src/probes/drivers/probe-driver.port.js';

/** A target with every field set; what matters to a test is given. */
export function probeTarget(changes: Partial<ProbeTarget> = {}): ProbeTarget {
  return {
    num: 1,
    address: '127.0.0.1',
    packets: 1,
    timeoutMs: 500,
    port: null,
    url: null,
    expectedStatus: null,
    expectedBody: null,
    refusedIsUp: false,
    verifyTls: true,
    ...changes,
  };
}

export function probeOptions(changes: Partial<ProbeOptions> = {}): ProbeOptions {
  return { signal: new AbortController().signal, budgetMs: 10_000, ...changes };
}

/** A server that treats every connection as it is told to. */
export class SocketServer {
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  static async start(treat: (socket: Socket) => void = () => undefined): Promise<SocketServer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const ours = new SocketServer(server, (server.address() as AddressInfo).port);
    server.on('connection', (socket) => {
      ours.sockets.add(socket);
      socket.once('close', () => ours.sockets.delete(socket));
      socket.on('error', () => undefined);
      treat(socket);
    });
    return ours;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/`;
  }

  get open(): number {
    return this.sockets.size;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

const LISTEN = `require('net').createServer().listen(0, '127.0.0.1', 1, function () { console.log(this.address().port); })`;

/** A port that answers no SYN: its process is stopped and its queue of connections is full. */
export class StuckPort {
  private constructor(
    private readonly child: ChildProcess,
    readonly port: number,
    private readonly fillers: Socket[],
  ) {}

  static async start(): Promise<StuckPort> {
    const child = spawn(process.execPath, ['-e', LISTEN], { stdio: ['ignore', 'pipe', 'ignore'] });
    const [chunk] = (await once(child.stdout, 'data')) as [Buffer];
    child.kill('SIGSTOP');
    const port = Number(chunk.toString());
    const fillers = Array.from({ length: 8 }, () => connect(port, '127.0.0.1').on('error', () => undefined));
    await once(fillers[0]!, 'connect');
    return new StuckPort(child, port, fillers);
  }

  close(): void {
    for (const socket of this.fillers) socket.destroy();
    this.child.kill('SIGKILL');
  }
}
