import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EngineProxy, startEngineProxy } from './engine-proxy.js';
import { eventually } from './eventually.js';
import { freshFolder, Product } from './product.js';
import { startSwarmLab, type SwarmLab } from './swarm-lab.js';
import type { WireNode, WireProblem, WireService, WireStatus, WireTask } from './swarm-wire.js';

/** What `docker … --format '{{json .}}'` prints a line of. */
export type DockerLine = Record<string, string>;

const SETTLING_MS = 60_000;

/** A real swarm of three nodes, the first its manager, and the built product, which watches it through a proxy that counts. */
export class WatchedSwarm {
  private constructor(
    readonly lab: SwarmLab,
    readonly proxy: EngineProxy,
    private readonly dataDir: string,
    public product: Product,
  ) {}

  static async start(refreshSeconds: number): Promise<WatchedSwarm> {
    const lab = await startSwarmLab({ nodes: 3, managers: 1 });
    try {
      const socket = join(tmpdir(), `swd-lab-${process.pid}.sock`);
      const proxy = await startEngineProxy(socket, lab.nodes[0]!.socketPath);
      const dataDir = freshFolder();
      return new WatchedSwarm(lab, proxy, dataDir, await startProduct(proxy, dataDir, refreshSeconds));
    } catch (error) {
      await lab.stop();
      throw error;
    }
  }

  /** Stops the product and starts it again on the same data. */
  async restart(refreshSeconds: number): Promise<void> {
    await this.product.stop();
    this.product = await startProduct(this.proxy, this.dataDir, refreshSeconds);
  }

  async stop(): Promise<void> {
    await this.product.stop();
    await this.proxy.close();
    await this.lab.stop();
    rmSync(this.dataDir, { recursive: true, force: true });
  }

  status = (): Promise<WireStatus> => this.read('');
  services = (): Promise<WireService[]> => this.read('/services?limit=500');
  service = (name: string): Promise<WireService> => this.read(`/services/${name}`);
  problems = (): Promise<WireProblem[]> => this.read('/problems?limit=500');
  /** @param filter such as `service=web` */
  tasks = (filter = ''): Promise<WireTask[]> => this.read(`/tasks?limit=500&${filter}`);

  async node(hostname: string): Promise<WireNode> {
    const found = (await this.status()).nodes.find((node) => node.hostname === hostname);
    if (!found) throw new Error(`There is no node ${hostname}`);
    return found;
  }

  askForRefresh(): Promise<Response> {
    return this.product.fetch('/api/v1/status/swarm/refresh', { method: 'POST' });
  }

  /** Runs Docker's own client against the manager. */
  docker(...args: string[]): Promise<string> {
    return this.lab.docker(0, args);
  }

  /** The same for commands that list something. */
  async listed(...args: string[]): Promise<DockerLine[]> {
    const lines = await this.docker(...args, '--format', '{{json .}}');
    return lines.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as DockerLine]));
  }

  /** Until the product shows the service so. */
  expectService(name: string, expected: Partial<WireService>, timeoutMs = SETTLING_MS): Promise<void> {
    return eventually(async () => expect(await this.service(name)).toMatchObject(expected), { timeoutMs });
  }

  /** Until the product shows the node so. */
  expectNode(hostname: string, expected: Partial<WireNode>, timeoutMs = SETTLING_MS): Promise<void> {
    return eventually(async () => expect(await this.node(hostname)).toMatchObject(expected), { timeoutMs });
  }

  private async read<T>(path: string): Promise<T> {
    return (await this.product.json<{ data: T }>(`/api/v1/status/swarm${path}`)).data;
  }
}

function startProduct({ dockerHost }: EngineProxy, dataDir: string, refreshSeconds: number): Promise<Product> {
  const env = { DOCKER_HOST: dockerHost, SWARMWARD_SWARM_REFRESH_SECONDS: String(refreshSeconds) };
  return Product.start({ dataDir, env });
}
