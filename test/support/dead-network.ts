import { execFileSync } from 'node:child_process';

/** Why suites with a network of their own cannot run here; null when they can. */
export function missingNetns(): string | null {
  if (process.getuid?.() !== 0) return 'network namespaces need root';
  try {
    execFileSync('ip', ['netns', 'list'], { stdio: 'ignore' });
    return null;
  } catch {
    return 'ip is needed: apt install iproute2';
  }
}

/**
 * A network namespace with loopback and with subnets where nobody answers: 10.99.0.0/16 swallows packets, and one address can be
 * switched on and off.
 */
export class DeadNetwork {
  private constructor(readonly name: string) {}

  static create(): DeadNetwork {
    const network = new DeadNetwork(`swd-dead-${process.pid}-${Math.random().toString(36).slice(2, 6)}`);
    execFileSync('ip', ['netns', 'add', network.name]);
    network.ip('link', 'set', 'lo', 'up');
    network.ip('route', 'add', 'blackhole', '10.99.0.0/16');
    return network;
  }

  /** Body of a script that runs fping in here. */
  get fping(): string {
    return `exec ip netns exec ${this.name} fping "$@"`;
  }

  /** Makes an address answer, or not any more. */
  switch(address: string, on: boolean): void {
    this.ip('address', on ? 'add' : 'del', `${address}/32`, 'dev', 'lo');
  }

  /** Makes all addresses of a part of 10.99.0.0/16 answer, or not any more. */
  switchSubnet(subnet: string, on: boolean): void {
    this.ip('route', on ? 'add' : 'del', 'local', subnet, 'dev', 'lo');
  }

  /** Cuts it off, so that nothing answers any more, or connects it again. */
  connect(on: boolean): void {
    this.ip('link', 'set', 'lo', on ? 'up' : 'down');
  }

  remove(): void {
    execFileSync('ip', ['netns', 'del', this.name]);
  }

  private ip(...args: string[]): void {
    execFileSync('ip', ['-n', this.name, ...args]);
  }
}
