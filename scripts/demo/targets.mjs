// What the demo watches: servers on the loopback that behave well, badly, and now well, now badly.
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';

/** @returns the ports of the servers, which end with the process */
export async function startTargets() {
  const tcp = createServer((socket) => socket.on('error', () => socket.destroy()).end());
  const startedAt = Date.now();
  // Down for long enough that it is told, and back soon enough that this is seen.
  const moody = () => {
    const second = ((Date.now() - startedAt) / 1_000) % 240;
    return second >= 10 && second < 110;
  };
  const http = createHttpServer((request, response) => {
    if (request.url === '/slow') setTimeout(() => response.end('at last'), 250);
    else if (request.url === '/moody' && moody()) response.writeHead(503).end('not now');
    else if (request.url === '/broken') response.writeHead(500).end('broken');
    else response.end('swarmward demo: all is well');
  });
  const [receiver, ...ports] = await Promise.all([listen(startReceiver()), listen(tcp), listen(http), closedPort()]);
  return { receiver, tcp: ports[0], http: ports[1], closed: ports[2] };
}

/** Where the demo's notifications go: each is a line on the console. */
function startReceiver() {
  return createHttpServer((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      response.writeHead(204).end();
      const { kind, title } = JSON.parse(Buffer.concat(chunks));
      process.stdout.write(`  notice, ${kind}: ${title}\n`);
    });
  });
}

/** On all addresses of the loopback network, so that every device can have one of its own. */
function listen(server) {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, () => {
      server.unref();
      resolve(server.address().port);
    });
  });
}

async function closedPort() {
  const server = createServer();
  const port = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}
