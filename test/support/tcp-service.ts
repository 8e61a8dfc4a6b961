import { createServer, type Server } from 'node:net';
import { freePort } from './product.js';

/** A port on the loopback that is closed and opened again: a device for TCP checks that dies and returns. */
export class TcpService {
  private server: Server | null = null;

  private constructor(
    readonly ip: string,
    readonly port: number,
  ) {}

  static async start(ip = '127.0.0.1'): Promise<TcpService> {
    const service = new TcpService(ip, await freePort());
    await service.comeBack();
    return service;
  }

  async die(): Promise<void> {
    const { server } = this;
    this.server = null;
    if (server) await new Promise((resolve) => server.close(resolve));
  }

  async comeBack(): Promise<void> {
    this.server ??= await listen(this.port, this.ip);
  }
}

async function listen(port: number, ip: string): Promise<Server> {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(port, ip, resolve));
  return server;
}
