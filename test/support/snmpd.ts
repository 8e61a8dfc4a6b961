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
    private readonly folder: string,
  ) {}

  static async start(): Promise<Snmpd> {
    const folder = mkdtempSync(join(tmpdir(), 'swarmward-snmpd-'));
    chmodSync(folder, 0o755);
    const agent = new Snmpd(await freeUdpPort(), folder);
    agent.configure();
    agent.set({});
    await agent.restart();
    return agent;
  }

  /** Values by index: `{ 1: ['counter', 4294967290] }`; the types are those of snmpd's `pass`. */
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
      `agentaddress udp:127.0.0.1:${this.port}`,
      `rocommunity ${COMMUNITY}`,
      `createUser ${user} SHA "${authKey}" AES "${privKey}"`,
      `rouser ${user} priv`,
      'sysName test-agent',
      `pass .${OWN_OID} /bin/sh ${script}`,
    ];
    writeFileSync(join(this.folder, 'snmpd.conf'), `${lines.join('\n')}\n`);
    // snmpd calls it as `values.sh -g <oid>` and wants three lines: the OID, the type, the value.
    const get = `while read -r oid type value; do [ "$oid" = "$2" ] && printf '%s\\n%s\\n%s\\n' "$oid" "$type" "$value"; done < ${join(this.folder, 'values')}`;
    writeFileSync(script, `[ "$1" = -g ] || exit 0\n${get}\nexit 0\n`);
  }
}

async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(resolve));
  return port;
}
