import { randomBytes, randomUUID } from 'node:crypto';
import {
  chownSync,
  closeSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { closedFile, damagedFile, SecretKeysError } from './secret-keys-error.js';

/** In the data folder, beside PostgreSQL's own and not inside: whoever copies the database alone copies no key. */
export const KEY_FILE = 'secrets.key';

/**
 * The generated key.
 * @returns null when there is no such file
 * @throws SecretKeysError when it is damaged or closed to this account
 */
export function readKeyFile(file: string): string | null {
  const text = reading(file);
  if (text === null) return null;
  const key = text.trim();
  if (!/^[\x21-\x7e]{32,512}$/.test(key)) throw new SecretKeysError(damagedFile(file));
  return key;
}

/**
 * Makes a key and its file, whole or not at all. Of several processes that do it at once, all get the key of the first.
 * @throws SecretKeysError
 */
export function createKeyFile(file: string): string {
  const draft = `${file}.${randomUUID()}`;
  try {
    writeFileSync(draft, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600, flag: 'wx', flush: true });
    giveToOwnerOf(dirname(file), draft);
    // A link, unlike a rename, never replaces what is there.
    linkSync(draft, file);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'EEXIST') throw new SecretKeysError(closedFile(file, message), { cause: error });
  } finally {
    rmSync(draft, { force: true });
  }
  syncFolder(dirname(file));
  const key = readKeyFile(file);
  if (key === null) throw new SecretKeysError(closedFile(file, 'it has gone again'));
  return key;
}

function reading(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return null;
    throw new SecretKeysError(closedFile(file, message), { cause: error });
  }
}

/** Root may run it once in the folder of somebody else, who must be able to go on. */
function giveToOwnerOf(folder: string, file: string): void {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = statSync(folder);
  chownSync(file, uid, gid);
}

function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r');
  fsyncSync(handle);
  closeSync(handle);
}
