/** Stored secrets cannot be opened with the key that there is. Written for the person at the console; never holds a key. */
export class SecretKeysError extends Error {
  override readonly name = 'SecretKeysError';
}

const ANOTHER_KEY =
  'To change keys, set the new one there and the old one as SWARMWARD_SECRETS_KEY_PREVIOUS (docs/operations-secrets.md).';

/** What the database holds that no key opens. */
interface Locked {
  count: number;
  keyIds: string[];
}

const lockedWords = ({ count, keyIds }: Locked): string =>
  `${count} stored ${count === 1 ? 'credential is' : 'credentials are'} encrypted with a key that is not here (key id ${keyIds.join(', ')})`;

export const keyNotSet = (locked: Locked): string =>
  `${lockedWords(locked)}: SWARMWARD_SECRETS_KEY is not set. Set it to the key they were stored with, the same in every process.`;

export const wrongKey = (locked: Locked): string =>
  `${lockedWords(locked)}: SWARMWARD_SECRETS_KEY is another one. Set it to the key they were stored with. ${ANOTHER_KEY}`;

export const wrongKeyBesideFile = (locked: Locked, file: string): string =>
  `${lockedWords(locked)}: SWARMWARD_SECRETS_KEY is another one. If they were stored with the generated key in ${file}, ` +
  'set SWARMWARD_SECRETS_KEY_PREVIOUS to what it holds, or leave SWARMWARD_SECRETS_KEY out to go on with it.';

export const lostFile = (locked: Locked, file: string): string =>
  `${lockedWords(locked)}: the key file ${file} is missing. Put it back from a backup, or set SWARMWARD_SECRETS_KEY to the key that was in it.`;

export const wrongFile = (locked: Locked, file: string): string =>
  `${lockedWords(locked)}: the key file ${file} holds another one. Put the right file back from a backup, or set ` +
  'SWARMWARD_SECRETS_KEY to the key that they were stored with.';

export const damagedFile = (file: string): string =>
  `The key file ${file} is damaged: it must hold one line of 32 to 512 characters. Put it back from a backup. If no credentials ` +
  'were stored yet, remove it: a new one is made.';

export const closedFile = (file: string, reason: string): string =>
  `The key file ${file} cannot be used by this account (${reason}). Give it to the account that runs Swarmward (chown, mode 0600), ` +
  'or set SWARMWARD_SECRETS_KEY.';

export const damagedRow = (table: string, id: string): string =>
  `A stored secret (row ${id} of the table ${table}) cannot be opened though its key is here: the row was altered in the database. ` +
  'Restore it, or remove that row; nothing was changed.';
