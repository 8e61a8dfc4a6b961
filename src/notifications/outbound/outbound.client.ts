import { Agent as HttpAgent, type ClientRequest, type IncomingMessage, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { connect, type Socket } from 'node:net';
import { checkedLookup, OutboundRefusedError } from './checked-lookup.driver.js';
import { describeError } from './describe-error.js';
import { type NameLookup, systemLookup } from './name-lookup.driver.js';
import type { OutboundPolicy } from './outbound-guard.js';
import { canonicalHost, hostOf, literalRefusal, urlFault } from './receiver-host.js';

interface OutboundRequest {
  method: 'GET' | 'POST';
  url: string;
  headers?: Readonly<Record<string, string>>;
  body?: string;
}

/** What became of a request. Errors name hosts and addresses, never paths. */
export type OutboundAnswer =
  | {
      kind: 'answered';
      status: number;
      retryAfter: string | null;
      /** The beginning, at most {@link READ_BYTES}: with secrets it may repeat, which are to be masked before it is cut. */
      body: string;
    }
  /** Nothing was sent. `permanent`: the receiver lies where nothing may be sent to. */
  | { kind: 'refused'; permanent: boolean; error: string }
  /** It was sent, and nobody knows whether it arrived. */
  | { kind: 'unknown'; error: string };

const READ_BYTES = 64 * 1024;
/** Idle connections: shorter than servers keep them (Node 5 s, nginx 75 s), so that none is closed under a request. */
const IDLE_MS = 4_000;
const CONNECTIONS_PER_RECEIVER = 32;
/** Before the next address of a name is tried; Node's 250 ms are too few over long lines. */
const NEXT_ADDRESS_MS = 2_000;

/**
 * Requests to receivers that users named. No redirects, no proxies, no cookies; certificates are verified. Connects only to addresses
 * that the policy allows, judged at the very look-up that the connection uses.
 */
export class OutboundClient {
  private readonly lookup;
  private readonly agents;

  constructor(
    private readonly policy: OutboundPolicy,
    ask: NameLookup = systemLookup(),
  ) {
    this.lookup = checkedLookup(policy, ask);
    const options = {
      keepAlive: true,
      timeout: IDLE_MS,
      maxSockets: CONNECTIONS_PER_RECEIVER,
      maxFreeSockets: 16,
      lookup: this.lookup,
      autoSelectFamilyAttemptTimeout: NEXT_ADDRESS_MS,
    };
    this.agents = { 'http:': new HttpAgent(options), 'https:': new HttpsAgent(options) };
  }

  /**
   * @param signal the deadline: what is known then is answered
   * @returns always
   */
  send(request: OutboundRequest, signal: AbortSignal): Promise<OutboundAnswer> {
    const fault = urlFault(request.url) ?? literalRefusal(hostOf(new URL(request.url)), this.policy);
    if (fault) return Promise.resolve({ kind: 'refused', permanent: true, error: fault });
    if (signal.aborted) return Promise.resolve({ kind: 'refused', permanent: false, error: 'There was no time left.' });
    const { method, body, headers } = request;
    const url = new URL(request.url);
    const open = url.protocol === 'https:' ? httpsRequest : httpRequest;
    return new Promise((resolve) => {
      const sending = open(url, {
        method,
        agent: this.agents[url.protocol as 'http:'],
        headers: {
          'user-agent': 'Swarmward',
          ...headers,
          ...(body !== undefined && { 'content-length': String(Buffer.byteLength(body)) }),
        },
      });
      follow(sending, url.protocol === 'https:' ? 'secureConnect' : 'connect', signal, resolve);
      sending.end(body);
    });
  }

  /**
   * A connection for another protocol, to an address that was judged.
   * @param signal aborting destroys it, also later
   * @throws OutboundRefusedError, Error of the socket
   */
  async connect(host: string, port: number, signal: AbortSignal): Promise<Socket> {
    const canonical = canonicalHost(host);
    const refusal = canonical === null ? `${host} is no host.` : literalRefusal(canonical, this.policy);
    if (refusal) throw new OutboundRefusedError(refusal);
    const socket = connect({
      host: canonical!,
      port,
      signal,
      lookup: this.lookup,
      autoSelectFamilyAttemptTimeout: NEXT_ADDRESS_MS,
    });
    return new Promise((resolve, reject) => {
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(socket);
      });
    });
  }

  /** Closes idle connections. */
  close(): void {
    for (const agent of Object.values(this.agents)) agent.destroy();
  }
}

/** From the socket on. Once the connection stands, bytes may have arrived whatever happens then. */
function follow(
  sending: ClientRequest,
  standing: 'connect' | 'secureConnect',
  signal: AbortSignal,
  resolve: (answer: OutboundAnswer) => void,
): void {
  let sent = false;
  let answered = false;
  const abort = (): void => void sending.destroy(new Error('There was no answer in time.'));
  const finish = (answer: OutboundAnswer): void => {
    signal.removeEventListener('abort', abort);
    resolve(answer);
  };
  signal.addEventListener('abort', abort, { once: true });
  sending.on('socket', (socket) => {
    if (sending.reusedSocket) sent = true;
    else socket.once(standing, () => (sent = true));
  });
  const fail = (error: Error): void => {
    if (answered) return;
    const text = describeError(error);
    if (sent) finish({ kind: 'unknown', error: text });
    else finish({ kind: 'refused', permanent: error instanceof OutboundRefusedError, error: text });
  };
  sending.on('error', fail);
  // Without an error when the receiver switches protocols.
  sending.on('close', () => fail(new Error('The connection was closed without an answer.')));
  sending.on('response', (response) => {
    answered = true;
    void readStart(response).then((body) => {
      const retryAfter = response.headers['retry-after'] ?? null;
      finish({ kind: 'answered', status: response.statusCode!, retryAfter, body });
    });
  });
}

/** The beginning of a body, however it ends: the status is known already. */
function readStart(response: IncomingMessage): Promise<string> {
  const kept: Buffer[] = [];
  let read = 0;
  return new Promise((resolve) => {
    response.on('data', (chunk: Buffer) => {
      if (read < READ_BYTES) kept.push(chunk.subarray(0, READ_BYTES - read));
      read += chunk.length;
      if (read > READ_BYTES) response.destroy();
    });
    // What breaks it is no matter: its beginning is there.
    response.on('error', () => undefined);
    // `stream`: half a character at its end is left out.
    response.on('close', () => resolve(new TextDecoder().decode(Buffer.concat(kept), { stream: true })));
  });
}
