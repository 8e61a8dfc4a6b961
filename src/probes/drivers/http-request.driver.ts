import http from 'node:http';
import https from 'node:https';
import { isIP } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { BodyMatch } from './body-match.js';
import { type CertificateFacts, certificateFacts } from './certificate-facts.js';

const MAX_BODY_BYTES = 1_048_576;
const MAX_HEADER_BYTES = 16_384;
const MAX_RAW_BODY_BYTES = 1_024;
const MAX_RAW_HEAD = 2_500;
/** Devices answer with these, and readers of a job's result must not get them. */
const SECRET_HEADERS = new Set(['set-cookie', 'authorization', 'proxy-authorization', 'www-authenticate']);

const CUT = { code: 'ECONNRESET', message: 'The answer ended too early' };

export interface HttpAsk {
  url: URL;
  /** Where to connect, as a number. */
  address: string;
  timeoutMs: number;
  /** Text to look for in the first MiB of the body. */
  wanted: string | null;
  verifyTls: boolean;
  /** Keep the head and the begin of the body. */
  raw: boolean;
  stop: AbortSignal;
}

export interface HttpAnswer {
  /** Null when no head came. */
  status: number | null;
  /** From the begin of the connection to the head of the answer. */
  ms: number | null;
  /** Null when nothing was looked for, or the status came from no complete head. */
  bodyFound: boolean | null;
  certificate: CertificateFacts | null;
  /** What ended it before all was read; `TIME_LIMIT` for our own limit. */
  fault: { code: string; message: string } | null;
  raw: string;
}

/**
 * One GET over a connection of its own. Redirects are not followed. The time limit holds from the first packet to the last byte that
 * is read, whatever the server does. Never rejects.
 */
export function request(ask: HttpAsk): Promise<HttpAnswer> {
  const { url, address, timeoutMs, wanted, verifyTls, stop } = ask;
  const answer: HttpAnswer = { status: null, ms: null, bodyFound: null, certificate: null, fault: null, raw: '' };
  return new Promise((resolve) => {
    const startedAt = performance.now();
    const secure = url.protocol === 'https:';
    let request: http.ClientRequest;
    try {
      request = (secure ? https : http).request(url, {
        ...options(address),
        ...(secure && tlsOptions(verifyTls)),
      });
    } catch (error) {
      return resolve({ ...answer, fault: faultOf(error) });
    }
    let settled = false;
    const settle = (fault: HttpAnswer['fault']): void => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      stop.removeEventListener('abort', abort);
      request.destroy();
      resolve({ ...answer, fault });
    };
    const abort = (): void => settle({ code: 'ABORT_ERR', message: 'Stopped' });
    const timer = setTimeout(() => {
      // Only the begin of a body for people was still to come.
      const enough = answer.status !== null && answer.bodyFound !== false;
      settle(enough ? null : { code: 'TIME_LIMIT', message: `No complete answer within ${timeoutMs} ms` });
    }, timeoutMs);
    stop.addEventListener('abort', abort, { once: true });
    // Stays for the life of the request: an error after the answer would end the process.
    request.on('error', (error) => settle(faultOf(error)));
    request.once('socket', (socket) => {
      socket.once('secureConnect', () => {
        const tls = socket as TLSSocket;
        answer.certificate = certificateFacts(tls.getPeerCertificate().valid_to, new Date());
        if (verifyTls && !tls.authorized) settle({ code: 'CERTIFICATE', message: certificateError(tls) });
        // Not before: a URL may hold a password.
        else request.end();
      });
    });
    request.once('response', (response) => {
      answer.status = response.statusCode ?? 0;
      answer.ms = performance.now() - startedAt;
      if (ask.raw) answer.raw = headOf(response);
      readBody(response, ask, answer, settle);
    });
    request.once('close', () => {
      // With a head, the body's reader knows more: the connection may be closed before all of it was read.
      if (answer.status === null) settle({ code: 'ECONNRESET', message: 'The server closed the connection' });
    });
    if (wanted !== null) answer.bodyFound = false;
    if (!secure) request.end();
  });
}

/** Reads as much as is needed: nothing when only the status counts. */
function readBody(
  response: http.IncomingMessage,
  { wanted, raw }: HttpAsk,
  answer: HttpAnswer,
  settle: (fault: HttpAnswer['fault']) => void,
): void {
  const limit = wanted !== null ? MAX_BODY_BYTES : raw ? MAX_RAW_BODY_BYTES : 0;
  if (limit === 0) return settle(null);
  const match = new BodyMatch(wanted ?? '');
  let bytes = 0;
  response.on('data', (chunk: Buffer) => {
    if (raw && bytes < MAX_RAW_BODY_BYTES) answer.raw += chunk.subarray(0, MAX_RAW_BODY_BYTES - bytes).toString();
    const seen = chunk.subarray(0, limit - bytes);
    bytes += chunk.length;
    if (wanted !== null) {
      match.push(seen);
      answer.bodyFound = match.found;
      if (match.found && (!raw || bytes >= MAX_RAW_BODY_BYTES)) return settle(null);
    }
    if (bytes >= limit) settle(null);
  });
  const enough = (): boolean => wanted === null || match.found;
  response.once('end', () => settle(null));
  response.on('error', (error) => settle(enough() ? null : faultOf(error)));
  response.once('close', () => settle(enough() || response.complete ? null : CUT));
}

function options(address: string): http.RequestOptions {
  return {
    method: 'GET',
    agent: false,
    maxHeaderSize: MAX_HEADER_BYTES,
    headers: { 'user-agent': 'Swarmward', accept: '*/*', 'accept-encoding': 'identity', connection: 'close' },
    // The name was resolved already; it is still what the certificate and the Host header are about.
    lookup: (_name, { all }, found) => {
      const family = isIP(address);
      if (all) found(null, [{ address, family }]);
      else found(null, address, family);
    },
  };
}

/** Verified by hand after the handshake, so that an expired certificate's date is known too. */
function tlsOptions(verify: boolean): https.RequestOptions {
  // Who does not verify has old devices in mind, whose TLS OpenSSL refuses by default.
  const old = { minVersion: 'TLSv1', ciphers: 'DEFAULT:@SECLEVEL=0' } as const;
  return { rejectUnauthorized: false, ...(!verify && old) };
}

function certificateError({ authorizationError }: TLSSocket): string {
  return `The certificate is not valid: ${String(authorizationError)}`;
}

function headOf({ httpVersion, statusCode, statusMessage, rawHeaders }: http.IncomingMessage): string {
  const lines = rawHeaders.flatMap((name, index) => {
    if (index % 2 === 1) return [];
    return [`${name}: ${SECRET_HEADERS.has(name.toLowerCase()) ? '…' : rawHeaders[index + 1]}`];
  });
  return `${[`HTTP/${httpVersion} ${statusCode} ${statusMessage}`, ...lines].join('\n').slice(0, MAX_RAW_HEAD)}\n\n`;
}

function faultOf(error: unknown): { code: string; message: string } {
  const { code = 'UNKNOWN', message } = error as NodeJS.ErrnoException;
  return { code, message: message.slice(0, 200) };
}
