import { execFile, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from './eventually.js';
import { cleanUp, cleanUpLeftovers, LAB_FOLDER_PREFIX, processesMentioning } from './swarm-lab-cleanup.js';

const run = promisify(execFile);
const NEEDED = {
  dockerd: 'docker.io',
  containerd: 'containerd',
  docker: 'docker.io',
  ip: 'iproute2',
  iptables: 'iptables',
};
const APPLETS = ['sh', 'sleep', 'true', 'false', 'echo', 'cat', 'httpd', 'hostname', 'test', 'kill', 'date'];

/** The image that every node of a lab has: busybox and nothing else. */
export const LAB_IMAGE = 'lab:1';

/** What is missing on this machine for a lab, as a sentence that says what to install; null when nothing is. */
export function swarmLabMissing(): string | null {
  if (process.platform !== 'linux') return 'a real Docker Swarm needs Linux';
  if (process.getuid?.() !== 0) return 'a real Docker Swarm needs root (network namespaces, dockerd): run as root';
  const missing = Object.entries(NEEDED).filter(([program]) => !onPath(program));
  const packages = new Set(missing.map(([, name]) => name));
  if (busyboxPath() === null) packages.add('busybox-static');
  return packages.size === 0
    ? null
    : `install for a real Docker Swarm (Debian): apt-get install ${[...packages].join(' ')}`;
}

export interface LabNode {
  name: string;
  dockerHost: string;
  socketPath: string;
  /** Of its dockerd. */
  pid: number;
}

export interface SwarmLabOptions {
  nodes?: number;
  /** The first so many nodes are managers. */
  managers?: number;
}

/**
 * Starts a real Docker Swarm of several engines on this machine: one network namespace a node, joined by veth pairs to a
 * bridge in a namespace of its own, so that labs do not meet each other or the machine's network. Nothing has a default route: an
 * attempt to pull an image fails at once and the local one is used.
 * @throws when a part does not come up; what was started is then removed again
 */
export async function startSwarmLab({ nodes = 3, managers = 1 }: SwarmLabOptions = {}): Promise<SwarmLab> {
  await cleanUpLeftovers();
  const lab = new SwarmLab();
  try {
    await lab.start(nodes, managers);
    return lab;
  } catch (error) {
    await lab.stop();
    throw error;
  }
}

export class SwarmLab {
  readonly nodes: LabNode[] = [];
  /** Short, because the path of a unix socket has at most 107 bytes. */
  private readonly id = randomBytes(3).toString('hex');
  private readonly folder = `${LAB_FOLDER_PREFIX}${this.id}`;

  /** Runs Docker's own client against a node. @returns what it printed, without the last line end */
  async docker(nodeIndex: number, args: string[], input?: Buffer): Promise<string> {
    const options = {
      env: this.clientEnv(this.nodes[nodeIndex]!.dockerHost),
      maxBuffer: 64 * 1024 * 1024,
      timeout: 60_000,
    };
    const running = run('docker', args, options);
    running.child.stdin?.on('error', () => undefined);
    running.child.stdin?.end(input);
    return (await running).stdout.trimEnd();
  }

  /** `docker service create` without waiting for its tasks. @returns the service's id */
  async createService(name: string, options: string[] = [], command: string[] = ['sleep', '100000']): Promise<string> {
    const flags = ['--detach', '--no-resolve-image', '--name', name, ...options];
    return this.docker(0, ['service', 'create', ...flags, LAB_IMAGE, ...command]);
  }

  /** `kill -9` of a node's dockerd and containerd; the swarm calls it down after about 14 s. */
  async killNode(nodeIndex: number): Promise<void> {
    const { pid } = this.nodes[nodeIndex]!;
    const containerd = processesMentioning(this.containerdConfig(nodeIndex));
    for (const process_ of [pid, ...containerd]) kill(process_);
    await eventually(() => {
      if ([pid, ...containerd].some(isAlive)) throw new Error(`node ${nodeIndex} is still alive`);
    });
  }

  /** Starts the engine of a killed node again; it rejoins the swarm by itself. */
  async startNode(nodeIndex: number): Promise<void> {
    const node = this.nodes[nodeIndex]!;
    const files = ['docker.pid', 'docker.sock', 'c.sock', 'x/containerd/containerd.pid'];
    for (const file of files) rmSync(join(this.nodeFolder(nodeIndex), file), { force: true });
    node.pid = await this.startEngine(nodeIndex);
    await this.untilAnswering(nodeIndex);
  }

  /** Stops every process of the lab and removes what it left: mounts, namespaces, control groups, files. */
  async stop(): Promise<void> {
    await cleanUp(this.folder);
  }

  /** Called once, by {@link startSwarmLab}. */
  async start(count: number, managers: number): Promise<void> {
    mkdirSync(this.folder);
    writeFileSync(join(this.folder, 'owner'), String(process.pid));
    writeFileSync(join(this.folder, 'daemon.json'), '{}');
    await this.createNetwork(count);
    for (let index = 0; index < count; index++) {
      const socketPath = join(this.nodeFolder(index), 'docker.sock');
      mkdirSync(this.nodeFolder(index));
      const pid = await this.startEngine(index);
      this.nodes.push({ name: `node${index + 1}`, dockerHost: `unix://${socketPath}`, socketPath, pid });
    }
    const image = await this.image();
    await Promise.all(this.nodes.map((_, index) => this.untilAnswering(index)));
    await Promise.all(this.nodes.map((_, index) => this.docker(index, ['import', '-', LAB_IMAGE], image)));
    await this.formSwarm(managers);
  }

  private async formSwarm(managers: number): Promise<void> {
    await this.docker(0, ['swarm', 'init', '--advertise-addr', address(0)]);
    for (let index = 1; index < this.nodes.length; index++) {
      const role = index < managers ? 'manager' : 'worker';
      const token = await this.docker(0, ['swarm', 'join-token', '-q', role]);
      await this.docker(index, [
        'swarm',
        'join',
        '--advertise-addr',
        address(index),
        '--token',
        token,
        `${address(0)}:2377`,
      ]);
    }
    await eventually(async () => {
      const states = await this.docker(0, ['node', 'ls', '--format', '{{.Status}}']);
      const ready = states.split('\n').filter((state) => state === 'Ready').length;
      if (ready < this.nodes.length) throw new Error(`only ${ready} of ${this.nodes.length} nodes are ready`);
    });
  }

  private async createNetwork(count: number): Promise<void> {
    const bridge = `swl${this.id}b`;
    const ip = (...args: string[]): Promise<unknown> => run('ip', args);
    await ip('netns', 'add', bridge);
    await ip('-n', bridge, 'link', 'add', 'br0', 'type', 'bridge');
    await ip('-n', bridge, 'link', 'set', 'br0', 'up');
    for (let index = 0; index < count; index++) {
      const node = this.namespace(index);
      await ip('netns', 'add', node);
      const peer = ['peer', 'name', `v${index}`, 'netns', bridge];
      await ip('link', 'add', 'eth0', 'netns', node, 'type', 'veth', ...peer);
      await ip('-n', bridge, 'link', 'set', `v${index}`, 'master', 'br0', 'up');
      await ip('-n', node, 'addr', 'add', `${address(index)}/24`, 'dev', 'eth0');
      await ip('-n', node, 'link', 'set', 'eth0', 'up');
      await ip('-n', node, 'link', 'set', 'lo', 'up');
    }
  }

  /**
   * A containerd of its own for each node (a system-wide one would be shared) and its dockerd. nsenter, not `ip netns exec`:
   * that hides the control groups.
   */
  private async startEngine(index: number): Promise<number> {
    const folder = this.nodeFolder(index);
    const containerd = join(folder, 'c.sock');
    writeFileSync(
      this.containerdConfig(index),
      [
        'version = 2',
        `root = "${folder}/cr"`,
        `state = "${folder}/cs"`,
        'disabled_plugins = ["io.containerd.grpc.v1.cri"]',
        `[grpc]\n  address = "${containerd}"`,
      ].join('\n'),
    );
    this.spawn(index, ['containerd', '--config', this.containerdConfig(index)]);
    await eventually(() => {
      if (!existsSync(containerd)) throw new Error(`containerd did not start:\n${this.log(index)}`);
    });
    const dockerd =
      `dockerd --config-file ${this.folder}/daemon.json --containerd ${containerd} -H unix://${folder}/docker.sock ` +
      `--data-root ${folder}/d --exec-root ${folder}/x --pidfile ${folder}/docker.pid ` +
      `--exec-opt native.cgroupdriver=cgroupfs --cgroup-parent /swl${this.id} --bridge none`;
    return this.spawn(index, ['unshare', '--uts', 'sh', '-c', `hostname node${index + 1}; exec ${dockerd}`]);
  }

  private spawn(index: number, command: string[]): number {
    const log = openSync(join(this.nodeFolder(index), 'log'), 'a');
    const child = spawn('nsenter', [`--net=/var/run/netns/${this.namespace(index)}`, ...command], {
      stdio: ['ignore', log, log],
      detached: true,
    });
    closeSync(log);
    child.on('error', () => undefined); // no nsenter: the waiting for its socket reports it
    child.unref();
    return child.pid ?? 0;
  }

  private async untilAnswering(index: number): Promise<void> {
    await eventually(
      () =>
        this.docker(index, ['version']).catch(() => {
          throw new Error(`dockerd of node ${index + 1} does not answer:\n${this.log(index)}`);
        }),
      { timeoutMs: 60_000, everyMs: 100 },
    );
  }

  private async image(): Promise<Buffer> {
    const root = join(this.folder, 'image');
    mkdirSync(join(root, 'bin'), { recursive: true });
    copyFileSync(busyboxPath()!, join(root, 'bin/busybox'));
    for (const applet of APPLETS) symlinkSync('busybox', join(root, 'bin', applet));
    const { stdout } = await run('tar', ['-C', root, '-c', '.'], { encoding: 'buffer', maxBuffer: 64 * 1024 * 1024 });
    return stdout;
  }

  private clientEnv(dockerHost: string): NodeJS.ProcessEnv {
    return { PATH: process.env['PATH'], DOCKER_HOST: dockerHost, DOCKER_CONFIG: this.folder, HOME: this.folder };
  }

  private log(index: number): string {
    return readFileSync(join(this.nodeFolder(index), 'log'), 'utf8').slice(-2_000);
  }

  private containerdConfig = (index: number): string => join(this.nodeFolder(index), 'containerd.toml');
  private nodeFolder = (index: number): string => join(this.folder, `n${index + 1}`);
  private namespace = (index: number): string => `swl${this.id}n${index + 1}`;
}

const address = (index: number): string => `192.168.99.${index + 1}`;

function busyboxPath(): string | null {
  // The dynamically linked busybox of some systems does not run in an image without libraries.
  const candidates = ['/bin/busybox', '/usr/bin/busybox'].filter(existsSync);
  return candidates.find((path) => !readFileSync(path).subarray(0, 4096).includes('ld-linux')) ?? null;
}

function onPath(program: string): boolean {
  const folders = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/sbin'];
  return folders.some((folder) => existsSync(join(folder, program)));
}

function kill(pid: number): void {
  if (isAlive(pid)) process.kill(pid, 'SIGKILL');
}

function isAlive(pid: number): boolean {
  const stat = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)]).stdout.toString();
  return stat !== '' && !stat.startsWith('Z');
}
