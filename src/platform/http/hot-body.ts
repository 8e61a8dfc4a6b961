import type { OutgoingHttpHeaders } from 'node:http';
import { promisify } from 'node:util';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { chooseEncoding, type Encoding } from './accept-encoding.js';
import { compress, COMPRESSION_THRESHOLD_BYTES } from './compression.js';
import { matchesEtag, weakEtag } from './etag.js';

/** What a hot body is made of. */
interface BuiltBody {
  /** Text that changes with any truth in the body, and not with its age alone. */
  etagSeed: string;
  /** The JSON to send. */
  body: string;
}

interface Edition {
  builtAt: number;
  etag: string;
  plain: Buffer;
  compressed: Partial<Record<Encoding, Buffer | Promise<Buffer>>>;
}

const compressBody = promisify(compress);

/** How long one edition is served, in ms. */
const LIFETIME_MS = 1_000;
/** While the next edition is being compressed the last one is still served, up to this age in ms. */
const GRACE_MS = 2_000;

/**
 * A body that many clients poll: built and compressed at most once a second, whatever the number of requests, and sent
 * past the serialiser. Requests that come while it is being built share the one build.
 * @example
 * private readonly status = new HotBody(() => this.reader.statusDocument());
 * @Get() @ApiEndpoint({ ..., direct: true }) status(@Req() request: FastifyRequest, @Res() reply: FastifyReply) { return this.status.send(request, reply); }
 */
export class HotBody {
  private edition: Edition | undefined;
  private previous: Edition | undefined;
  private building: Promise<Edition> | undefined;

  constructor(
    private readonly build: () => BuiltBody | Promise<BuiltBody>,
    /** Milliseconds of a clock that never goes back. */
    private readonly now: () => number = () => performance.now(),
  ) {}

  /**
   * Answers with the body in the encoding the client likes best, or 304. Rejects when the build does. For endpoints that
   * are `direct`.
   */
  send(request: FastifyRequest, reply: FastifyReply): void | Promise<void> {
    const now = this.now();
    const edition = this.edition;
    if (edition === undefined || now - edition.builtAt >= LIFETIME_MS) {
      return this.rebuild().then((fresh) => this.answer(fresh, now, request, reply));
    }
    return this.answer(edition, now, request, reply);
  }

  private answer(edition: Edition, now: number, request: FastifyRequest, reply: FastifyReply): void | Promise<void> {
    const { headers } = request.raw;
    if (matchesEtag(headers['if-none-match'], edition.etag)) {
      reply.code(304).headers(cachingHeaders(edition.etag)).send();
      return;
    }
    const small = edition.plain.length <= COMPRESSION_THRESHOLD_BYTES;
    const encoding = small ? 'identity' : chooseEncoding(headers['accept-encoding'] as string | undefined);
    if (encoding === 'identity') return write(reply, edition.etag, edition.plain);

    const body = (edition.compressed[encoding] ??= this.compressInto(edition, encoding));
    if (Buffer.isBuffer(body)) return write(reply, edition.etag, body, encoding);
    const last = this.previous;
    const lastBody = last?.compressed[encoding];
    if (last && Buffer.isBuffer(lastBody) && now - last.builtAt < GRACE_MS) {
      return write(reply, last.etag, lastBody, encoding);
    }
    return body.then((ready) => write(reply, edition.etag, ready, encoding));
  }

  private rebuild(): Promise<Edition> {
    return (this.building ??= this.makeEdition().finally(() => (this.building = undefined)));
  }

  private async makeEdition(): Promise<Edition> {
    const { etagSeed, body } = await this.build();
    const plain = Buffer.from(body);
    const current = this.edition;
    const unchanged = current?.plain.equals(plain);
    const compressed = unchanged ? current!.compressed : {};
    if (!unchanged) this.previous = current;
    this.edition = { builtAt: this.now(), etag: weakEtag(etagSeed), plain, compressed };
    return this.edition;
  }

  private compressInto(edition: Edition, encoding: Exclude<Encoding, 'identity'>): Promise<Buffer> {
    const { compressed } = edition;
    return compressBody(edition.plain, encoding).then(
      (body) => (compressed[encoding] = body),
      (error: unknown) => {
        delete compressed[encoding];
        throw error;
      },
    );
  }
}

function cachingHeaders(etag: string): Record<string, string> {
  return { etag, 'cache-control': 'private, no-cache', vary: 'Accept-Encoding' };
}

/**
 * Writes on the bare response: the headers are known and the body is bytes, so that Fastify's serialiser and its hooks
 * have nothing to do here. The request log still sees the answer.
 */
function write(reply: FastifyReply, etag: string, body: Buffer, encoding?: string): void {
  const headers = reply.getHeaders();
  headers['content-type'] = 'application/json; charset=utf-8';
  headers['content-length'] = body.length;
  headers['etag'] = etag;
  headers['cache-control'] = 'private, no-cache';
  headers['vary'] = 'Accept-Encoding';
  if (encoding) headers['content-encoding'] = encoding;
  reply.hijack();
  reply.raw.writeHead(200, headers as OutgoingHttpHeaders);
  reply.raw.end(body);
}
