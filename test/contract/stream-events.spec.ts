import { EventBus } from '../../src/platform/events/event-bus.store.js';
import { EventFeed } from '../../src/platform/events/event-feed.client.js';
import { streamCatalogue, type StreamEvent } from '../../src/platform/events/stream-catalogue.js';
import { StreamClients } from '../../src/stream/stream-clients.service.js';
import { eventually } from '../support/eventually.js';
import type { EventStream } from '../support/event-stream.js';
import { query } from '../support/postgres.js';
import { STREAM_PATH, streamLabs } from '../support/stream-lab.js';
import { expectProblem } from '../support/wire.js';

const A = '0b9c1f7e-5f0a-4c53-9d0e-3d1f6c3a2b10';
const B = '5d6f4f1c-93f1-4f0b-8d0c-9b4f6f0f9a01';

describe('the stream', () => {
  const start = streamLabs();

  it('tells events in order, each with the next id, after saying when to come back', async () => {
    const lab = await start();
    const stream = await lab.open();
    expect(stream.status).toBe(200);
    expect(stream.response.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
      'x-content-type-options': 'nosniff',
    });
    for (const header of ['content-encoding', 'content-length', 'etag']) {
      expect(stream.response.headers[header]).toBeUndefined();
    }
    await eventually(() => expect(stream.lastId).toMatch(/^[\da-z]+-\d+$/));
    const [epoch, number] = stream.lastId.split('-');
    for (const id of ['a', 'b', 'c']) await lab.job(id);
    await lab.devices(A);
    const events = await stream.until(4);
    expect(events.map(({ id }) => id)).toEqual([1, 2, 3, 4].map((more) => `${epoch}-${Number(number) + more}`));
    expect(events.map(({ event, data }) => [event, data['id'] ?? data['device_id']])).toEqual([
      ['job.progress', 'a'],
      ['job.progress', 'b'],
      ['job.progress', 'c'],
      ['device.state', A],
    ]);
    for (const { event, data } of events) {
      expect(streamCatalogue[event as StreamEvent['event']].schema.strict().parse(data)).toEqual(data);
    }
    expect(stream.retryMs).toBe(3_000);
  });

  it('is not compressed, and the same to HEAD without a body or a place taken', async () => {
    const lab = await start({ clients: 1 });
    const headers = { authorization: `Bearer ${lab.token}` };
    for (let each = 0; each < 3; each++) {
      const answer = await lab.ask(STREAM_PATH, { method: 'HEAD', headers });
      expect(answer).toMatchObject({ status: 200, headers: { 'content-type': 'text/event-stream; charset=utf-8' } });
      expect(answer.raw).toHaveLength(0);
    }
    const stream = await lab.open('', { 'accept-encoding': 'gzip, br' });
    expect(stream.status).toBe(200);
    expect(stream.response.headers['content-encoding']).toBeUndefined();
  });

  it('needs a token, and only known parameters', async () => {
    const lab = await start();
    expectProblem(await lab.ask(STREAM_PATH), 401, 'token_missing');
    const headers = { authorization: `Bearer ${lab.token}` };
    for (const [search, message] of [
      [
        'events=device.stat',
        'Unknown event device.stat. Valid: device.state, swarm.changed, alert.changed, job.progress, reset.',
      ],
      ['events=', 'Name at least one event. Valid: device.state, swarm.changed, alert.changed, job.progress, reset.'],
      ['events=toString', 'Unknown event toString.'],
      ['device=x', 'Must be a UUID.'],
      ['even=reset', 'Valid: events, device, last_event_id.'],
    ]) {
      const answer = await lab.ask(`${STREAM_PATH}?${search}`, { headers });
      expectProblem(answer, 400, 'validation_failed');
      expect((answer.body as { detail: string }).detail).toContain(message);
    }
  });

  it('tells only the events and the device that were asked for', async () => {
    const lab = await start();
    const jobs = await lab.open('?events=job.progress');
    const device = await lab.open(`?events=device.state&device=${B.toUpperCase()}`);
    const all = await lab.open(`?device=${B}`);
    await lab.devices(A, B);
    await lab.job('a');
    await lab.devices(A, B);
    const told = (stream: EventStream) => stream.events.map(({ data }) => data['id'] ?? data['device_id']);
    await eventually(() => {
      expect(told(jobs)).toEqual(['a']);
      expect(told(device)).toEqual([B, B]);
      expect(told(all)).toEqual([B, 'a', B]);
    });
  });

  describe('coming back', () => {
    it('is told what came after the last event, by header or by query', async () => {
      const lab = await start();
      const before = await lab.open();
      for (const id of ['a', 'b', 'c']) await lab.job(id);
      const [first] = await before.until(3);
      before.leave();
      await lab.job('d');
      const witness = await lab.open(`?last_event_id=${first!.id}`);
      await lab.job('e');
      const again = await lab.open('?last_event_id=ignored', { 'last-event-id': first!.id });
      for (const stream of [witness, again]) {
        const events = await stream.until(4);
        expect(events.map(({ data }) => data['id'])).toEqual(['b', 'c', 'd', 'e']);
        expect(new Set(events.map(({ id }) => id)).size).toBe(4);
      }
    });

    it('works also for one that never saw an event', async () => {
      const lab = await start();
      const before = await lab.open();
      await eventually(() => expect(before.lastId).not.toBe(''));
      before.leave();
      await lab.job('missed');
      const again = await lab.open('', { 'last-event-id': before.lastId });
      expect(await again.until(1)).toMatchObject([{ event: 'job.progress', data: { id: 'missed' } }]);
    });

    it.each([
      ['of another process', 'elsewhere-1', 'unknown_id'],
      ['that is none', '%%%', 'unknown_id'],
    ])('with an id %s is told to read the lists again, once', async (_, id, reason) => {
      const lab = await start();
      const stream = await lab.open('?events=job.progress', { 'last-event-id': id });
      expect(await stream.until(1)).toMatchObject([{ event: 'reset', data: { reason } }]);
      const again = await lab.open('', { 'last-event-id': stream.lastId });
      await lab.job('a');
      expect(await again.until(1)).toMatchObject([{ event: 'job.progress' }]);
    });

    it('with an id that is no longer kept, or that owes too much, as well', async () => {
      const lab = await start({ keptEvents: 3, unreadBytes: 1_000 });
      const stream = await lab.open();
      for (let each = 0; each < 6; each++) {
        await lab.job(`job-${each}-${'x'.repeat(150)}`);
        // Six at once would be too much for one that reads slowly.
        await stream.until(each + 1);
      }
      const events = await stream.until(6);
      const after = async (index: number) => (await lab.open('', { 'last-event-id': events[index]!.id })).until(1);
      expect(await after(1)).toMatchObject([{ event: 'reset', data: { reason: 'too_old' } }]);
      expect(await after(2)).toMatchObject([{ event: 'reset', data: { reason: 'too_old' } }]);
      expect(await after(4)).toMatchObject([{ event: 'job.progress' }]);
    });

    it('after so long that nobody kept anything for it, as well', async () => {
      const lab = await start({ lingerMs: 0 });
      const stream = await lab.open();
      await lab.job('a');
      const [event] = await stream.until(1);
      stream.leave();
      await eventually(() => expect(lab.app.get(StreamClients, { strict: false }).count).toBe(0));
      const heard: string[] = [];
      lab.app.get(EventFeed, { strict: false }).on('job', ({ id }) => heard.push(id));
      await lab.job('b');
      // Who comes back before that is told of it as it happens.
      await eventually(() => expect(heard).toEqual(['b']));
      const again = await lab.open('', { 'last-event-id': event!.id });
      expect(await again.until(1)).toMatchObject([{ event: 'reset', data: { reason: 'too_old' } }]);
    });
  });

  describe('says reset', () => {
    it('after the connection to PostgreSQL was lost, whatever the client asked for', async () => {
      const lab = await start();
      const stream = await lab.open('?events=device.state');
      await query(
        lab.connection,
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'swarmward events'`,
      );
      expect(await stream.until(1)).toMatchObject([{ event: 'reset', data: { reason: 'gap' } }]);
      await lab.devices(A);
      await stream.until(1, 'device.state');
    });

    it('when a notice cannot be read, takes too long or is too much at once; the next one is told', async () => {
      const lab = await start({ translationMs: 50, eventBytes: 500 });
      const stream = await lab.open();
      const bus = lab.app.get(EventBus, { strict: false });
      await bus.publish({ kind: 'swarm_refresh_failed' });
      await bus.publish({ kind: 'swarm_published', revision: 'r' });
      await lab.job('x'.repeat(600));
      await lab.devices(...Array.from({ length: 501 }, () => 'd'));
      await lab.job('small');
      const reasons = () =>
        stream.events.filter(({ event }) => event === 'reset').map(({ data }) => data['reason'] as string);
      expect(await stream.until(1, 'job.progress')).toMatchObject([{ data: { id: 'small' } }]);
      expect(reasons()).toEqual(['gap', 'gap', 'too_many', 'too_many']);
    });
  });
});
