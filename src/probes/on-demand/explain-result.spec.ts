import { notReported, type ProbeResult } from '../drivers/probe-driver.port.js';
import { explainResult } from './explain-result.js';

const icmp = { address: '10.0.0.5', packets: 3, timeoutMs: 900, port: null, url: null };
const tcp = { ...icmp, port: 443 };
const http = { ...icmp, url: 'https://user:secret@app.example/health' };
const result = (changes: Partial<ProbeResult>): ProbeResult => ({ ...notReported(1), ...changes });
const failed = (error: string, message?: string) =>
  result({ outcome: 'failed', sent: 3, error, detail: message === undefined ? null : { message } });
const rtt = { min: 0.04, avg: 0.05, max: 0.06, jitter: 0.01 };

describe('explainResult', () => {
  it.each([
    [icmp, result({ outcome: 'ok', sent: 3, received: 2, rtt }), '10.0.0.5 answered 2 of 3 packets in 0.05 ms.'],
    [
      tcp,
      result({ outcome: 'ok', sent: 1, received: 1, rtt: { ...rtt, avg: 120.4 } }),
      '10.0.0.5:443 answered in 120 ms.',
    ],
    [
      http,
      result({ outcome: 'ok', sent: 1, received: 1, rtt, detail: { cert_expiry_days: 12 } }),
      'https://app.example/health answered in 0.05 ms; its certificate is valid for 12 more days.',
    ],
    [icmp, failed('timeout'), 'No answer to 3 packets within 900 ms each.'],
    [tcp, failed('timeout'), 'No answer from 10.0.0.5:443 within 900 ms.'],
    [
      tcp,
      failed('refused', 'connect ECONNREFUSED 10.0.0.5:443'),
      'Connection refused by 10.0.0.5:443: the host is there, and nothing listens on the port.',
    ],
    [
      icmp,
      failed('unreachable', 'Host Unreachable from 10.0.0.1'),
      'The network says that 10.0.0.5 cannot be reached (Host Unreachable from 10.0.0.1).',
    ],
    [
      http,
      failed('status', 'HTTP 503 is not an expected status'),
      'https://app.example/health answered with a status that is not expected (HTTP 503 is not an expected status).',
    ],
    [icmp, result({ error: 'unresolvable' }), 'The name in 10.0.0.5 does not resolve: nothing could be asked.'],
    [icmp, result({}), 'Nothing was heard about 10.0.0.5, not even that it does not answer.'],
    [icmp, failed('odd'), 'The probe ended with "odd".'],
  ])('%j %j', (asked, what, sentence) => expect(explainResult(asked, what)).toBe(sentence));

  it('writes IPv6 with a port in brackets', () => {
    expect(explainResult({ ...tcp, address: '::1' }, failed('timeout'))).toContain('[::1]:443');
  });
});
