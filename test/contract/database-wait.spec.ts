import { createServer, type Server, type Socket } from 'node:net';
import type { DatabaseConnection } from '../../src/platform/database/connection.js';
import { waitForDatabase } from '../../src/platform/database/wait-for-database.driver.js';
import { eventually } from '../support/eventually.js';
import { query, RecordedLog, startTestPostgres, type TestPostgres } from '../support/postgres.js';

describe('waitForDatabase', () => {
  let postgres: TestPostgres;
  beforeAll(async () => {
    postgres = await startTestPostgres();
  });
  afterAll(() => postgres.stop());

  const waiting = (connection: DatabaseConnection) => {
    const log = new RecordedLog();
    const controller = new AbortController();
    const done = waitForDatabase(connection, { log, signal: controller.signal }).then(
      () => 'there',
      (error: unknown) => error,
    );
    return { log, controller, done };
  };

  it('says nothing when the database is there', async () => {
    const { log, done } = waiting(postgres.server.connection);
    expect(await done).toBe('there');
    expect(log.lines).toEqual([]);
  });

  it('waits for a database that is created later, and says so at both ends', async () => {
    const { log, done } = waiting({ ...postgres.server.connection, database: 'later' });
    await eventually(() => expect(log.lines).toHaveLength(1));
    expect(log.lines[0]).toMatch(
      /^Waiting for the database .*\/later: it has no database later: create it there with CREATE DATABASE/,
    );
    await query(postgres.server.connection, 'CREATE DATABASE later');
    expect(await done).toBe('there');
    expect(log.lines).toEqual([
      expect.anything(),
      expect.stringMatching(/^The database .*\/later is there after \d+ s\.$/),
    ]);
  });

  it('waits for a password to be mended without ever showing it', async () => {
    await query(postgres.server.connection, "CREATE ROLE guest LOGIN PASSWORD 'right-password'");
    const { log, done } = waiting({ ...postgres.server.connection, user: 'guest', password: 'wrong-password' });
    await eventually(() => expect(log.lines).toHaveLength(1));
    expect(log.lines[0]).toContain('the password for the user guest is wrong');
    await query(postgres.server.connection, "ALTER ROLE guest PASSWORD 'wrong-password'");
    expect(await done).toBe('there');
    expect(log.lines.join()).not.toContain('-password');
  });

  it('can be told to stop', async () => {
    const { controller, done, log } = waiting({ ...postgres.server.connection, host: '127.0.0.1', port: 1 });
    await eventually(() =>
      expect(log.lines).toEqual([expect.stringMatching(/^Waiting for .*127\.0\.0\.1:1\/.*: nothing listens there\.$/)]),
    );
    controller.abort(new Error('shutting down'));
    expect(await done).toMatchObject({ message: 'shutting down' });
  });

  it('goes on when a server accepts and never answers', async () => {
    const sockets: Socket[] = [];
    const server: Server = createServer((socket) => sockets.push(socket));
    const port = await new Promise<number>((resolve) => {
      server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
    });
    const { controller, done, log } = waiting({ ...postgres.server.connection, host: '127.0.0.1', port });
    await eventually(() => expect(log.lines).toEqual([expect.stringContaining('it does not answer')]));
    controller.abort();
    await done;
    for (const socket of sockets) socket.destroy();
    server.close();
  });
});
