import { randomBytes, randomUUID } from 'node:crypto';
import { chmod, chown, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import { sealedCredentials } from '../../src/devices/items/sealed-credentials.js';
import type { DatabaseConnection } from '../../src/platform/database/connection.js';
import { toPgConfig } from '../../src/platform/database/pg-config.driver.js';
import { createKeyFile, KEY_FILE, readKeyFile } from '../../src/platform/security/secret-key-file.driver.js';
import { deriveSecretKey, NONCE_BYTES, openText, sealText } from '../../src/platform/security/secret-key.js';
import { keepKey, unlockSecrets } from '../../src/platform/security/secret-keys.store.js';
import { query, RecordedLog, startTestPostgres, temporaryFolder, type TestPostgres } from '../support/postgres.js';

const [OLD, NEW] = ['old-key-old-key-old-key-old-key-1', 'new-key-new-key-new-key-new-key-2'];

// Real: PostgreSQL and files.
describe('the keys of stored secrets', () => {
  let postgres: TestPostgres;
  let database: DatabaseConnection;
  let folder: string;
  let log: RecordedLog;
  beforeAll(async () => {
    postgres = await startTestPostgres();
  });
  beforeEach(async () => {
    [database, folder] = await Promise.all([postgres.createDatabase(), temporaryFolder()]);
    log = new RecordedLog();
  });
  afterEach(() => rm(folder, { recursive: true }));
  afterAll(() => postgres.stop());

  const file = () => join(folder, KEY_FILE);
  type Given = { key?: string; previous?: string; file?: boolean; role?: 'all' | 'api' | 'worker' | 'scheduler' };
  const unlock = ({ key, previous, file: embedded = false, role = 'all' }: Given) =>
    unlockSecrets(database, {
      settings: { role, secretsKey: key, secretsKeyPrevious: previous },
      keyFile: embedded ? file() : null,
      tables: [sealedCredentials],
      log,
    });
  /** In one transaction, as whoever stores secrets does. */
  const store = async (key: string, count = 1): Promise<string[]> => {
    const secret = deriveSecretKey(key);
    const ids = Array.from({ length: count }, () => randomUUID());
    const client = new Client(toPgConfig(database));
    await client.connect();
    await client.query('BEGIN');
    await keepKey((text, values) => client.query(text, values), secret);
    for (const id of ids) {
      const sealed = sealText(secret, `secret of ${id}`, `credential:${id}`, randomBytes(NONCE_BYTES));
      await client.query(
        `INSERT INTO credentials (id, name, kind, key_id, sealed) VALUES ($1::uuid, $1::text, 'snmp_v2c', $2, $3)`,
        [id, secret.id, sealed],
      );
    }
    await client.query('COMMIT');
    await client.end();
    return ids;
  };
  const keyIds = async () => (await query<{ id: string }>(database, 'SELECT id FROM secret_keys')).map(({ id }) => id);
  const stored = (id: string) =>
    query<{ key_id: string; sealed: Buffer }>(database, 'SELECT key_id, sealed FROM credentials WHERE id = $1', [id]);

  it('start with what opens everything, and without a key when nothing is stored', async () => {
    expect((await unlock({})).current).toBeNull();
    await store(OLD);
    expect((await unlock({ key: OLD })).current?.id).toBe(deriveSecretKey(OLD).id);
    expect((await unlock({ previous: OLD })).previous?.id).toBe(deriveSecretKey(OLD).id);
  });

  it.each<[string, Given, RegExp]>([
    [
      'another key',
      { key: NEW },
      /^2 stored credentials are encrypted with a key that is not here .* SWARMWARD_SECRETS_KEY is another one/,
    ],
    ['another key, as scheduler', { key: NEW, role: 'scheduler' }, /SWARMWARD_SECRETS_KEY is another one/],
    ['two other keys', { key: NEW, previous: `${NEW}3` }, /SWARMWARD_SECRETS_KEY is another one/],
    ['no key', {}, /SWARMWARD_SECRETS_KEY is not set/],
    ['no key, as api', { role: 'api' }, /SWARMWARD_SECRETS_KEY is not set/],
    ['no key, as worker', { role: 'worker' }, /SWARMWARD_SECRETS_KEY is not set/],
    ['a lost key file', { file: true }, /the key file \/\S+\/secrets\.key is missing/],
  ])('refuse to start with %s', async (_, given, message) => {
    await store(OLD, 2);
    const error = (await unlock(given).catch((reason: unknown) => reason)) as Error;
    expect(error.message).toMatch(message);
    expect(error.name).toBe('SecretKeysError');
    expect(error.message).not.toMatch(/\n|old-key|new-key/);
    expect(await readdir(folder)).toEqual([]);
  });

  it('are of no interest to a scheduler that has none', async () => {
    await store(OLD);
    expect((await unlock({ role: 'scheduler' })).current).toBeNull();
  });

  it('are refused when the row that proves them was altered', async () => {
    await store(OLD);
    await query(database, `UPDATE secret_keys SET verifier = set_byte(verifier, 20, get_byte(verifier, 20) # 1)`);
    await expect(unlock({ key: OLD })).rejects.toThrow(/encrypted with a key that is not here/);
  });

  describe('in a file', () => {
    it('are made once, for the owner of the folder alone', async () => {
      await chown(folder, 65_534, 65_534).catch(() => undefined);
      const first = await unlock({ file: true });
      const { mode, uid } = await stat(file());
      expect([mode & 0o777, uid]).toEqual([0o600, (await stat(folder)).uid]);
      expect((await unlock({ file: true })).current).toEqual(first.current);
      expect(await readdir(folder)).toEqual([KEY_FILE]);
    });

    it('are not made when the setting has one, and serve as the previous key', async () => {
      await unlock({ key: NEW, file: true });
      expect(await readdir(folder)).toEqual([]);
      const text = createKeyFile(file());
      const [id] = await store(text);
      await expect(unlock({ key: NEW, file: true })).rejects.toThrow(
        /generated key in \/\S+secrets\.key, set SWARMWARD_SECRETS_KEY_PREVIOUS/,
      );
      await unlock({ key: NEW, previous: (await readFile(file(), 'utf8')).trim(), file: true });
      expect(await stored(id!)).toMatchObject([{ key_id: deriveSecretKey(NEW).id }]);
    });

    it('are never replaced: whoever comes second gets the first', () => {
      expect(createKeyFile(file())).toBe(createKeyFile(file()));
    });

    it.each(['', 'short', `${OLD}\n${NEW}`, 'x'.repeat(513), `${OLD}\u0000`])(
      'are refused when damaged: %j',
      async (text) => {
        await writeFile(file(), text);
        await expect(unlock({ file: true })).rejects.toThrow(/secrets\.key is damaged/);
        expect(await readFile(file(), 'utf8')).toBe(text);
      },
    );

    it('are refused when they are others than what is stored needs', async () => {
      await store(OLD);
      await writeFile(file(), `${NEW}\n`);
      await expect(unlock({ file: true })).rejects.toThrow(/secrets\.key holds another one/);
    });

    it('are told when the folder cannot be used', async () => {
      await expect(async () => createKeyFile(join(folder, 'missing', KEY_FILE))).rejects.toThrow(
        /cannot be used by this account/,
      );
      await chmod(folder, 0o755);
      expect(readKeyFile(file())).toBeNull();
    });
  });

  describe('are changed', () => {
    it('at start, once, whoever does it: everything is sealed anew and the old one forgotten', async () => {
      const ids = await store(OLD, 5);
      const keyrings = await Promise.all(Array.from({ length: 4 }, () => unlock({ key: NEW, previous: OLD })));
      expect(keyrings.every(({ current }) => current?.id === deriveSecretKey(NEW).id)).toBe(true);
      for (const id of ids) {
        const [row] = await stored(id);
        expect(openText(deriveSecretKey(NEW), row!.sealed, `credential:${id}`)).toBe(`secret of ${id}`);
      }
      expect(await keyIds()).toEqual([deriveSecretKey(NEW).id]);
      expect(log.lines).toEqual([expect.stringMatching(/^5 stored credentials were encrypted anew/)]);
      await unlock({ key: NEW });
      await expect(unlock({ key: OLD })).rejects.toThrow(/another one/);
    });

    it('not at all when one does not open', async () => {
      const [first, second] = await store(OLD, 2);
      await query(
        database,
        'UPDATE credentials SET sealed = (SELECT sealed FROM credentials WHERE id = $1) WHERE id = $2',
        [first, second],
      );
      const before = await stored(first!);
      await expect(unlock({ key: NEW, previous: OLD })).rejects.toThrow(
        new RegExp(`row ${second} of the table credentials`),
      );
      expect([await stored(first!), await keyIds()]).toEqual([before, [deriveSecretKey(OLD).id]]);
    });

    it('while somebody stores under the old key: nothing is lost, the next start takes it along', async () => {
      await store(OLD, 3);
      await Promise.all([unlock({ key: NEW, previous: OLD }), store(OLD, 3), unlock({ key: NEW, previous: OLD })]);
      await unlock({ key: NEW, previous: OLD });
      const rows = await query<{ key_id: string }>(database, 'SELECT DISTINCT key_id FROM credentials');
      expect(rows).toEqual([{ key_id: deriveSecretKey(NEW).id }]);
      expect(await keyIds()).toEqual([deriveSecretKey(NEW).id]);
    });
  });
});
