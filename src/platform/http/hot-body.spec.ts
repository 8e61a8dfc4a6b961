import { gunzipSync } from 'node:zlib';
import { fastify } from 'fastify';
import { HotBody } from './hot-body.js';

function lab(
  build: (count: number) => { etagSeed: string; body: string } | Promise<{ etagSeed: string; body: string }>,
) {
  const state = { now: 0, builds: 0 };
  const hot = new HotBody(
    () => build(++state.builds),
    () => state.now,
  );
  const app = fastify();
  app.get('/', (request, reply) => hot.send(request, reply));
  const get = (headers: Record<string, string> = {}) => app.inject({ url: '/', headers });
  return { state, get, close: () => app.close() };
}
const text = (count: number) => JSON.stringify({ age: count, filling: 'x'.repeat(4000) });

describe('HotBody', () => {
  it('builds at most once a second', async () => {
    const { state, get, close } = lab((count) => ({ etagSeed: 'same', body: text(count) }));
    await Promise.all([get(), get(), get()]);
    state.now = 999;
    expect((await get()).json()).toMatchObject({ age: 1 });
    state.now = 1000;
    expect((await get()).json()).toMatchObject({ age: 2 });
    expect(state.builds).toBe(2);
    await close();
  });

  it('shares a build that takes time', async () => {
    const { state, get, close } = lab(async (count) => {
      await new Promise(setImmediate);
      return { etagSeed: 'same', body: text(count) };
    });
    await Promise.all([get(), get({ 'accept-encoding': 'gzip' }), get()]);
    expect(state.builds).toBe(1);
    await close();
  });

  it('tags the truth, not its age', async () => {
    const { state, get, close } = lab((count) => ({ etagSeed: count < 3 ? 'old' : 'new', body: text(count) }));
    const first = (await get()).headers['etag'] as string;
    state.now = 1000;
    expect((await get({ 'if-none-match': first })).statusCode).toBe(304);
    state.now = 2000;
    expect((await get({ 'if-none-match': first })).statusCode).toBe(200);
    await close();
  });

  it('is compressed for those who accept it, and says so', async () => {
    const { get, close } = lab((count) => ({ etagSeed: 'same', body: text(count) }));
    const answer = await get({ 'accept-encoding': 'gzip' });
    expect(answer.headers).toMatchObject({
      'content-encoding': 'gzip',
      'content-length': String(answer.rawPayload.length),
      vary: 'Accept-Encoding',
      'cache-control': 'private, no-cache',
      'content-type': 'application/json; charset=utf-8',
    });
    expect(gunzipSync(answer.rawPayload).toString()).toBe(text(1));
    await close();
  });

  it('tries again after a build that failed', async () => {
    const { get, close } = lab((count) => {
      if (count === 1) throw new Error('not yet');
      return { etagSeed: 'same', body: text(count) };
    });
    expect((await get()).statusCode).toBe(500);
    expect((await get()).statusCode).toBe(200);
    await close();
  });
});
