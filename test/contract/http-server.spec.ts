import { once } from 'node:events';
import { connect } from 'node:net';
import { HttpServer } from '../../src/platform/http/http-server.driver.js';
import { Readiness } from '../../src/platform/http/readiness.js';
import { eventually } from '../support/eventually.js';
import { askServer } from '../support/http-lab.js';

async function start(otherwise?: 'route_not_found') {
  const readiness = new Readiness();
  const server = new HttpServer({ readiness, ...(otherwise && { otherwise }) });
  const { port } = await server.listen(0, '127.0.0.1');
  return { readiness, server, port };
}

describe('HttpServer', () => {
  it('answers the probes from the first moment', async () => {
    const { readiness, server, port } = await start();
    expect(await askServer(port, '/health/live')).toMatchObject({ status: 200, body: { status: 'live' } });
    expect(await askServer(port, '/health/ready')).toMatchObject({
      status: 503,
      body: { status: 'starting' },
      headers: { 'retry-after': '1' },
    });
    readiness.ready();
    expect(await askServer(port, '/health/ready?x=1')).toMatchObject({ status: 200, body: { status: 'ready' } });
    readiness.drain();
    expect(await askServer(port, '/health/ready')).toMatchObject({ status: 503, body: { status: 'draining' } });
    expect(await askServer(port, '/health/live', { method: 'HEAD' })).toMatchObject({ status: 200, body: '' });
    await server.close();
  });

  it.each([
    [undefined, 503, 'starting'],
    ['route_not_found' as const, 404, 'route_not_found'],
  ])('answers all else with a problem (%s)', async (otherwise, status, code) => {
    const { server, port } = await start(otherwise);
    const answer = await askServer(port, '/api/v1/status/swarm', { headers: { 'x-request-id': 'mine' } });
    expect(answer).toMatchObject({
      status,
      body: { status, code, request_id: 'mine' },
      headers: { 'content-type': 'application/problem+json; charset=utf-8', 'x-request-id': 'mine' },
    });
    await server.close();
  });

  it('rejects when the port is taken', async () => {
    const { server, port } = await start();
    const second = new HttpServer({ readiness: new Readiness() });
    await expect(second.listen(port, '127.0.0.1')).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await server.close();
  });

  it('lets a request finish before it closes', async () => {
    const { server, port } = await start();
    let finish: (() => void) | undefined;
    server.attach((_request, response) => (finish = () => response.end('done')));
    const asked = askServer(port, '/');
    await eventually(() => expect(finish).toBeDefined());
    const closed = server.close(5_000);
    finish!();
    expect(await asked).toMatchObject({ status: 200, body: 'done' });
    await closed;
    await expect(askServer(port, '/')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('does not wait for connections that were opened and never used', async () => {
    const { server, port } = await start();
    const socket = connect({ port, host: '127.0.0.1' });
    let closed = false;
    socket.on('close', () => (closed = true)).on('error', () => undefined);
    await once(socket, 'connect');
    const began = performance.now();
    await server.close(20_000);
    expect(performance.now() - began).toBeLessThan(10_000);
    await eventually(() => expect(closed).toBe(true));
  });

  it('cuts a request that does not finish in time', async () => {
    const { server, port } = await start();
    let asked = false;
    server.attach(() => (asked = true));
    const answer = askServer(port, '/').catch((error: Error & { code?: string }) => error.code);
    await eventually(() => expect(asked).toBe(true));
    await server.close(50);
    expect(await answer).toBe('ECONNRESET');
  });
});
