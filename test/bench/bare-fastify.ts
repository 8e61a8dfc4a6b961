import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { fastify } from 'fastify';

/** The least that can send these bytes: a Fastify route each for plain, compressed and 304. */
const body = readFileSync(process.argv[2]!);
const compressed = gzipSync(body);
const app = fastify();
app.get('/plain', (_request, reply) => reply.header('content-type', 'application/json; charset=utf-8').send(body));
app.get('/gzip', (_request, reply) =>
  reply.header('content-type', 'application/json; charset=utf-8').header('content-encoding', 'gzip').send(compressed),
);
app.get('/304', (_request, reply) => reply.code(304).header('etag', 'W/"1"').send());
const url = await app.listen({ port: 0, host: '127.0.0.1' });
process.stdout.write(`${JSON.stringify({ url })}\n`);
