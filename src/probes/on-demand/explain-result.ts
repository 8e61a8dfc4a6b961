import type { ProbeResult, ProbeTarget } from '../drivers/probe-driver.port.js';

type Asked = Pick<ProbeTarget, 'address' | 'packets' | 'timeoutMs' | 'port' | 'url'>;

/** One sentence for people about the result of one probe. */
export function explainResult(asked: Asked, result: ProbeResult): string {
  const { outcome, rtt, received, sent, detail } = result;
  if (outcome === 'ok')
    return `${answered(asked, received, sent)} in ${rtt ? showMs(rtt.avg) : 'time'}${certificate(detail)}.`;
  const message = detail?.['message'];
  const said = typeof message === 'string' && message !== '' ? ` (${message.replace(/\.$/, '')})` : '';
  const words = SENTENCES[result.error ?? ''];
  return words ? words(asked, said) : `The probe ended with "${result.error}"${said}.`;
}

const SENTENCES: Record<string, (asked: Asked, said: string) => string> = {
  timeout: (asked, said) =>
    asked.port === null && asked.url === null
      ? `No answer to ${asked.packets} ${asked.packets === 1 ? 'packet' : 'packets'} within ${asked.timeoutMs} ms each.`
      : `No answer from ${where(asked)} within ${asked.timeoutMs} ms${said}.`,
  refused: (asked) => `Connection refused by ${where(asked)}: the host is there, and nothing listens on the port.`,
  reset: (asked, said) => `${where(asked)} closed the connection before it had answered${said}.`,
  unreachable: (asked, said) => `The network says that ${where(asked)} cannot be reached${said}.`,
  unresolvable: (asked) => `The name in ${where(asked)} does not resolve: nothing could be asked.`,
  not_reported: (asked) => `Nothing was heard about ${where(asked)}, not even that it does not answer.`,
  status: (asked, said) => `${where(asked)} answered with a status that is not expected${said}.`,
  body: (asked) => `${where(asked)} answered, but the expected text is not in the first MiB of the body.`,
  certificate: (asked, said) => `The certificate of ${where(asked)} does not verify${said}.`,
  tls: (asked, said) => `No TLS connection with ${where(asked)}${said}.`,
  bad_answer: (asked, said) => `What ${where(asked)} answered is not HTTP${said}.`,
  connection: (asked, said) => `The connection to ${where(asked)} failed${said}.`,
  not_permitted: (asked, said) =>
    `This machine does not let connections to ${where(asked)} out${said}: look at its firewall.`,
  out_of_sockets: (_, said) => `This machine has no socket left${said}: nothing could be asked.`,
  no_port: () => 'The device has no port to connect to. Set `port`.',
  bad_url: () => 'The device has no URL that can be asked. Set `url` to an http:// or https:// address.',
  bad_status_rule: () => 'The expected status cannot be read. Set `expected_status` to something like 200-299,401.',
  internal: (_, said) => `The probe itself failed${said}.`,
};

function answered(asked: Asked, received: number, sent: number): string {
  if (asked.url !== null || asked.port !== null) return `${where(asked)} answered`;
  return `${asked.address} answered ${received} of ${sent} ${sent === 1 ? 'packet' : 'packets'}`;
}

function certificate(detail: ProbeResult['detail']): string {
  const days = detail?.['cert_expiry_days'];
  return typeof days === 'number' ? `; its certificate is valid for ${days} more days` : '';
}

function where({ address, port, url }: Asked): string {
  if (url !== null) return url.replace(/\/\/[^/@]*@/, '//');
  const host = address.includes(':') && port !== null ? `[${address}]` : address;
  return port === null ? host : `${host}:${port}`;
}

function showMs(ms: number): string {
  return `${ms < 10 ? ms.toFixed(2) : Math.round(ms)} ms`;
}
