import { chownSync, readFileSync, statSync } from 'node:fs';
import { EmbeddedPostgresError, noAccount } from './embedded-postgres-error.js';
import { type Account, findAccount } from './parse-passwd.js';
import { errorCode, run } from './process.driver.js';

/**
 * The account to run PostgreSQL as: undefined means our own, which PostgreSQL accepts unless it is root.
 * For root it is the owner of the data that is there already, else `nobody`. Not the account `postgres`, even where there is
 * one: it owns the machine's own database server, which our superuser could then reach.
 * @throws EmbeddedPostgresError `no_account`
 */
export function chooseAccount(cluster: string): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const owner = ownerOf(cluster);
  if (owner && owner.uid !== 0) return { name: `with the id ${owner.uid}`, ...owner };
  const nobody = findAccount(readFileSync('/etc/passwd', 'utf8'), 'nobody');
  if (!nobody) throw new EmbeddedPostgresError('no_account', noAccount());
  return nobody;
}

/** Gives a file of ours to the account, if it is another one. */
export function giveTo(account: Account | undefined, file: string): void {
  if (account) chownSync(file, account.uid, account.gid);
}

/** Which of the paths the account can use: asked of the system itself, which knows about every folder above and about ACLs. */
export async function canReach(
  account: Account | undefined,
  paths: { program: string; folder: string },
): Promise<{ program: boolean; folder: boolean }> {
  const script = 'test -r "$1" && test -x "$1" && echo program; test -w "$2" && test -x "$2" && echo folder; true';
  const { output } = await run('/bin/sh', ['-c', script, 'sh', paths.program, paths.folder], { account });
  return { program: output.includes('program'), folder: output.includes('folder') };
}

function ownerOf(file: string): { uid: number; gid: number } | undefined {
  try {
    const { uid, gid } = statSync(file);
    return { uid, gid };
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
