import { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { OutboundRefusedError } from '../../outbound/checked-lookup.driver.js';
import { OutboundClient } from '../../outbound/outbound.client.js';
import { ChannelDriver, type DeliveryOutcome, type Message, type OpenedChannel } from '../channel-driver.port.js';
import { type EmailConfig, emailConfig } from '../config/channel-config.dto.js';
import { smtpPort } from '../config/smtp-port.js';
import { secretTexts } from '../config/config-secrets.js';
import { emailMessage } from '../messages/email-message.js';
import { partialOutcome, type SmtpFailure, smtpOutcome, type SmtpRejection } from './smtp-outcome.js';

/** For the server to take leave. */
const GOODBYE_MS = 1_000;

/** Mails of which is known who has them already. */
const REMEMBERED = 200;

/**
 * Mail over SMTP. A connection for each message: there are few. Who has it is not sent it again when others are turned away for now; after
 * a restart it is, under the same `Message-ID`.
 */
@Injectable()
export class EmailDriver extends ChannelDriver {
  readonly kind = 'email';
  private readonly taken = new LRUCache<string, Set<string>>({ max: REMEMBERED });

  constructor(private readonly outbound: OutboundClient) {
    super();
  }

  async send(message: Message, channel: OpenedChannel, signal: AbortSignal): Promise<DeliveryOutcome> {
    const config = emailConfig.parse(channel.config);
    // Not before there is a mail: most installations send none.
    const { default: MailComposer } = await import('nodemailer/lib/mail-composer');
    const mail = new MailComposer({
      ...emailMessage(message, config.from),
      from: config.from,
      to: config.to,
      replyTo: config.reply_to,
      date: new Date(message.created_at),
      headers: { 'Auto-Submitted': 'auto-generated', 'X-Swarmward-Delivery': message.id },
      disableFileAccess: true,
      disableUrlAccess: true,
    }).compile();
    const raw = await mail.build();
    const progress = { begun: false };
    const secrets = secretTexts(this.kind, config);
    const envelope = mail.getEnvelope();
    const taken = this.taken.get(message.id) ?? new Set<string>();
    const rest = envelope.to.filter((address) => !taken.has(address));
    try {
      const { response, rejections } = await this.hand(raw, { ...envelope, to: rest }, config, signal, progress);
      const rejected = new Set(rejections.map(({ recipient }) => recipient));
      for (const address of rest) if (!rejected.has(address)) taken.add(address);
      const outcome = partialOutcome(response, rejections, secrets);
      if (outcome.outcome === 'refused') this.taken.set(message.id, taken);
      else this.taken.delete(message.id);
      return outcome;
    } catch (error) {
      const { message: said, code, responseCode, response, rejectedErrors } = error as SmtpError;
      const text =
        code === 'ETLS' && responseCode ? `It does not speak STARTTLS, on which \`security\` insists: ${said}` : said;
      if (taken.size > 0 && rejectedErrors) return partialOutcome('', rejectedErrors, secrets);
      const failure = {
        message: signal.aborted && !responseCode ? 'There was no answer in time.' : text,
        responseCode,
        response: response || undefined,
        forbidden: error instanceof OutboundRefusedError,
        begun: progress.begun,
      };
      const outcome = smtpOutcome(failure, secrets);
      return outcome.outcome === 'refused' && taken.size > 0 ? { ...outcome, partly: true } : outcome;
    }
  }

  /** @throws Error with `responseCode` and `response` when the server replied */
  private async hand(
    raw: Buffer,
    envelope: { from: string | false; to: string[] },
    config: EmailConfig,
    signal: AbortSignal,
    progress: { begun: boolean },
  ): Promise<Sent> {
    const { host, security, verify_tls: verify, user, password } = config;
    // Before there is a socket that somebody has to listen to.
    const { default: SMTPConnection } = await import('nodemailer/lib/smtp-connection');
    const socket = await this.outbound.connect(host, smtpPort(config), signal);
    const connection = new SMTPConnection({
      connection: socket,
      host,
      secure: security === 'tls',
      requireTLS: security === 'starttls',
      ignoreTLS: security === 'none',
      opportunisticTLS: security === 'opportunistic',
      tls: { rejectUnauthorized: verify, minVersion: 'TLSv1.2' },
      maxResponseSize: 65_536,
    });
    try {
      return await new Promise((resolve, reject) => {
        connection.on('error', reject);
        // A server may close the connection without a word.
        connection.on('end', () => reject(new Error('The server closed the connection.')));
        const send = (): void =>
          connection.send(envelope, observed(raw, progress), (error, sent) =>
            sent ? resolve({ response: sent.response, rejections: sent.rejectedErrors ?? [] }) : reject(error!),
          );
        connection.connect((error) => {
          if (error) reject(error);
          else if (user === undefined) send();
          else connection.login({ user, pass: password }, (failed) => (failed ? reject(failed) : send()));
        });
      });
    } finally {
      connection.on('error', () => undefined);
      connection.quit();
      setTimeout(() => socket.destroy(), GOODBYE_MS).unref();
    }
  }
}

/** What the server said of a mail that it took. */
interface Sent {
  response: string;
  rejections: SmtpRejection[];
}
type SmtpError = Error &
  Pick<SmtpFailure, 'responseCode' | 'response'> & {
    /** `ETLS` with a reply: STARTTLS was refused. */
    code?: string;
    /** Of every address, when none was taken. */
    rejectedErrors?: SmtpRejection[];
  };

/** A message that is noticed to be read: not before the server has asked for it. */
function observed(raw: Buffer, progress: { begun: boolean }): Readable {
  return new Readable({
    read() {
      progress.begun = true;
      this.push(raw);
      this.push(null);
    },
  });
}
