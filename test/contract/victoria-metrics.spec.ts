import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { VictoriaMetricsIndicator } from '../../src/health/components/victoriametrics.indicator.js';
import { VictoriaMetricsPart } from '../../src/monitoring/signals/parts/victoria-metrics-part.service.js';
import { VictoriaMetrics } from '../../src/monitoring/victoria-metrics.client.js';
import { NOT_APPLICABLE } from '../../src/metrics/metric.js';
import { readSettings } from '../../src/platform/config/read-settings.js';
import { freePort } from '../support/product.js';

// Real: HTTP. In place of VictoriaMetrics a server that answers as it does.
describe('VictoriaMetrics', () => {
  let server: Server | undefined;
  const serve = async (listener: RequestListener): Promise<number> => {
    server = createServer(listener);
    await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  };
  afterEach(async () => {
    server?.closeAllConnections();
    await new Promise((resolve) => (server ? server.close(resolve) : resolve(null)));
    server = undefined;
  });
  const seen = async (env: Record<string, string>): Promise<[health: string, up: number | undefined]> => {
    const client = new VictoriaMetrics(readSettings(env));
    const { text } = await new VictoriaMetricsIndicator(client).assess();
    const [sample] = await new VictoriaMetricsPart(client).take();
    return [text, sample?.value];
  };

  it('counts for nothing when there is none', async () => {
    expect(await seen({})).toEqual(['not configured', NOT_APPLICABLE]);
  });

  it('is well when its health says so, asked with the name and password of the URL', async () => {
    const asked: string[] = [];
    const port = await serve((request, response) => {
      asked.push(`${request.url} ${request.headers.authorization}`);
      response.end('OK');
    });
    expect(await seen({ VICTORIAMETRICS_URL: `http://me:secret@127.0.0.1:${port}/vm/` })).toEqual(['healthy', 1]);
    expect(new Set(asked)).toEqual(new Set([`/vm/health Basic ${Buffer.from('me:secret').toString('base64')}`]));
  });

  it.each<[string, RequestListener, string]>([
    ['fails', (_request, response) => void response.writeHead(503).end(), 'it answers with HTTP 503'],
    ['sends elsewhere', (_request, response) => void response.writeHead(302).end(), 'it answers with HTTP 302'],
    ['hangs', () => undefined, 'it does not answer within 1.5 s'],
    [
      'closes',
      (request) => void request.socket.destroy(),
      'it cannot be reached \\((UND_ERR_SOCKET|ECONNRESET|EPIPE)\\)',
    ],
  ])('is down when it %s', async (_, listener, reason) => {
    const port = await serve(listener);
    const url = `http://me:secret@127.0.0.1:${port}`;
    const told = expect.stringMatching(new RegExp(`^degraded: ${reason}$`)) as string;
    expect(await seen({ VICTORIAMETRICS_URL: url })).toEqual([told, 0]);
  });

  it('is down when nothing listens', async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    expect(await seen({ VICTORIAMETRICS_URL: url })).toEqual(['degraded: it cannot be reached (ECONNREFUSED)', 0]);
  });
});
