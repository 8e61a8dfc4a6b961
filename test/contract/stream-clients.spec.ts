import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { TokenAuthenticator } from '../../src/platform/security/token-authenticator.service.js';
import { StreamClients } from '../../src/stream/stream-clients.service.js';
import { eventually } from '../support/eventually.js';
import { STREAM_PATH, streamLabs } from '../support/stream-lab.js';
import { expectProblem } from '../support/wire.js';

describe('the stream', () => {
  const start = streamLabs();

  it('sends heartbeats, with the id of the last event also to those who did not ask for it', async () => {
    const lab = await start({ heartbeatMs: 20 });
    const stream = await lab.open('?events=device.state');
    const other = await lab.open();
    await lab.job('a');
    const [event] = await other.until(1);
    await eventually(() => {
      expect(stream.comments.length).toBeGreaterThan(3);
      expect(stream.lastId).toBe(event!.id);
    });
    expect(new Set(stream.comments)).toEqual(new Set([': heartbeat']));
    expect(stream.events).toEqual([]);
  });

  it('gives up a client that does not read, and nobody else', async () => {
    const lab = await start({ unreadBytes: 100_000 });
    const slow = await lab.open();
    const quick = await lab.open();
    await eventually(() => expect(slow.lastId).not.toBe(''));
    slow.stopReading();
    const clients = lab.app.get(StreamClients, { strict: false });
    const frame = `: ${'x'.repeat(50_000)}\n\n`;
    await eventually(
      () => {
        clients.tellAll(frame);
        expect(clients.count).toBe(1);
      },
      { everyMs: 1 },
    );
    await lab.job('a');
    await quick.until(1);
    expect(quick.closed).toBe(false);
  });

  it('refuses more clients than it serves, of one token or in all, until one leaves', async () => {
    const lab = await start({ clientsPerToken: 2, clients: 3 });
    const other = await lab.make('other');
    const refused = async (token: string) => {
      const answer = await lab.ask(STREAM_PATH, { headers: { authorization: `Bearer ${token}` } });
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
      return answer;
    };
    const [first] = [await lab.open(), await lab.open()];
    expectProblem(await refused(lab.token), 429, 'too_many_streams');
    await lab.open('', {}, other);
    expectProblem(await refused(other), 503, 'streams_full');
    first.leave();
    await eventually(async () => expect((await lab.open()).status).toBe(200));
  });

  it('ends with its token: revoked elsewhere, and expired', async () => {
    const lab = await start({ tokenCheckMs: 20 });
    const database = lab.app.get<DataSource>(getDataSourceToken(), { strict: false });
    const revoked = await lab.open('', {}, await lab.make('revoked'));
    const expired = await lab.open('', {}, await lab.make('expired'));
    const kept = await lab.open();
    await database.query(`UPDATE api_tokens SET revoked_at = now() WHERE name = 'revoked'`);
    await database.query(`UPDATE api_tokens SET expires_at = now() WHERE name = 'expired'`);
    // 27 s later, by which time the token was looked up again and is dead, as for every other request.
    const monotonic = performance.now.bind(performance);
    jest.spyOn(performance, 'now').mockImplementation(() => monotonic() + 27_000);
    await Promise.all([revoked.untilClosed(), expired.untilClosed()]);
    expect(kept.closed).toBe(false);
  });

  it('ends at once with a token that is revoked in this process', async () => {
    const lab = await start({ tokenCheckMs: 20 });
    const database = lab.app.get<DataSource>(getDataSourceToken(), { strict: false });
    const stream = await lab.open();
    await database.query(`UPDATE api_tokens SET revoked_at = now() WHERE name = 'viewer'`);
    const [{ id }] = await database.query<[{ id: string }]>(`SELECT id FROM api_tokens WHERE name = 'viewer'`);
    lab.app.get(TokenAuthenticator, { strict: false }).forget(id);
    await stream.untilClosed();
  });

  it('does not hold up a stop, whoever reads or not', async () => {
    const lab = await start({ unreadBytes: 100_000_000 });
    const [reading, silent] = [await lab.open(), await lab.open()];
    silent.stopReading();
    // More than the sockets of both sides hold.
    lab.app.get(StreamClients, { strict: false }).tellAll(`: ${'x'.repeat(30_000_000)}\n\n`);
    const began = performance.now();
    lab.readiness.drain();
    await lab.server.close(20_000);
    expect(performance.now() - began).toBeLessThan(10_000);
    await reading.untilClosed();
  });

  it('opens nothing more while it stops', async () => {
    const lab = await start();
    lab.readiness.drain();
    const answer = await lab.ask(STREAM_PATH, { headers: { authorization: `Bearer ${lab.token}` } });
    expectProblem(answer, 503, 'shutting_down');
  });

  it('is logged once, at its end, and is never slow', async () => {
    const lab = await start();
    const lines = () => lab.logged.filter(({ fields }) => fields['route'] === STREAM_PATH);
    const stream = await lab.open();
    await lab.job('a');
    await stream.until(1);
    expect(lines()).toEqual([]);
    const monotonic = performance.now.bind(performance);
    jest.spyOn(performance, 'now').mockImplementation(() => monotonic() + 60_000);
    stream.leave();
    await eventually(() =>
      expect(lines()).toMatchObject([
        { level: 'debug', message: 'Request', fields: { status: 200, method: 'GET', caller: 'viewer' } },
      ]),
    );
  });

  it('leaves nothing behind of clients that come and go', async () => {
    const lab = await start({ clientsPerToken: 5 });
    const clients = lab.app.get(StreamClients, { strict: false });
    for (let round = 0; round < 4; round++) {
      const opened = await Promise.all([1, 2, 3, 4, 5].map(() => lab.open()));
      expect(opened.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
      for (const stream of opened) stream.leave();
      await eventually(() => expect(clients.count).toBe(0));
    }
  });
});
