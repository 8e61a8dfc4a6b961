import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createSocket } from 'node:dgram';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './eventually.js';

/** What is missing for it, as `describeWith` wants to know. */
export const snmpdMissing =
  spawnSync('snmpd', ['-v'], { stdio: 'ignore' }).error === undefined
    ? null
    : 'snmpd is not installed. Debian: apt-get install snmpd';

/** Where values that tests set are: `1.3.6.1.4.1.99999.1.<index>.0`. */
export const OWN_OID = '1.3.6.1.4.1.99999.1';
export const COMMUNITY = 'for-tests-only';
export const V3_USER = { user: 'watcher', authKey: 'auth-for-tests', privKey: 'priv-for-tests' };

/** Debian's snmpd on a free port of the loopback, with values of the test's own. */
export class Snmpd {
  private child: ChildProcess | null = null;

  private constructor(
    readonly port: number,
    private readonly address: string,
    private readonly folder: string,
  ) {}

  /** @param place where it listens; a free port of 127.0.0.1 by default */
  static async start({ address = '127.0.0.1', port }: { address?: string; port?: number } = {}): Promise<Snmpd> {
    const folder = mkdtempSync(join(tmpdir(), 'swarmward-snmpd-'));
    chmodSync(folder, 0o755);
    const agent = new Snmpd(port ?? (await freeUdpPort()), address, folder);
    agent.configure();
    agent.set({});
    await agent.restart();
    return agent;
  }

  /** Values by index: `{ 1: ['counter', 4294967290] }`; the types are those of snmpd's `pass_persist`. */
  set(
    values: Record<
      number,
      [type: 'counter' | 'counter64' | 'gauge' | 'integer' | 'string', value: number | bigint | string]
    >,
  ): void {
    const lines = Object.entries(values).map(([index, [type, value]]) => `.${OWN_OID}.${index}.0 ${type} ${value}`);
    writeFileSync(join(this.folder, 'values'), `${lines.join('\n')}\n`);
  }

  /** Its uptime begins anew. */
  async restart(): Promise<void> {
    await this.kill();
    const child = spawn('snmpd', ['-f', '-Lo', '-C', '-c', join(this.folder, 'snmpd.conf'), '-I', '-smux'], {
      env: { ...process.env, SNMP_PERSISTENT_DIR: join(this.folder, 'state'), MIBS: '' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child = child;
    let output = '';
    child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    await eventually(() => {
      if (child.exitCode !== null) throw new Error(`snmpd ended: ${output}`);
      expect(output).toContain('NET-SNMP version');
    });
  }

  async kill(): Promise<void> {
    const { child } = this;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private configure(): void {
    const script = join(this.folder, 'values.sh');
    const { user, authKey, privKey } = V3_USER;
    const lines = [
      `agentaddress udp:${this.address}:${this.port}`,
      `rocommunity ${COMMUNITY}`,
      `createUser ${user} SHA "${authKey}" AES "${privKey}"`,
      `rouser ${user} priv`,
      'sysName test-agent',
      `pass_persist .${OWN_OID} /bin/sh ${script}`,
    ];
    writeFileSync(join(this.folder, 'snmpd.conf'), `${lines.join('\n')}\n`);
    // Asked over a pipe (`pass` would answer from a cache of 30 s): `get` and an OID, answered with the OID, the type and the value.
    const get = `while read -r oid type value; do [ "$oid" = "$1" ] && printf '%s\\n%s\\n%s\\n' "$oid" "$type" "$value" && return; done < ${join(this.folder, 'values')}; echo NONE`;
    const loop = `while read -r word; do case "$word" in PING) echo PONG;; get) read -r oid; get "$oid";; *) read -r oid; echo NONE;; esac; done`;
    writeFileSync(script, `get() { ${get}; }\n${loop}\n`);
  }
}

async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(resolve));
  return port;
}
