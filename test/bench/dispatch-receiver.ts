import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Takes webhooks, in a process of its own. `GET /` says how many different keys came and how many requests, and forgets them. */
let keys = new Set<unknown>();
let requests = 0;
const server = createServer((request, response) => {
  if (request.method === 'GET') {
    response.end(JSON.stringify({ keys: keys.size, requests }));
    keys = new Set();
    requests = 0;
    return;
  }
  request.resume().on('end', () => {
    keys.add(request.headers['idempotency-key']);
    requests++;
    response.end('ok');
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => process.send!((server.address() as AddressInfo).port));
