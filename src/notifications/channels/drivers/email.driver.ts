import { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import MailComposer from 'nodemailer/lib/mail-composer';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import { OutboundRefusedError } from '../../outbound/checked-lookup.driver.js';
import { OutboundClient } from '../../outbound/outbound.client.js';
import { ChannelDriver, type DeliveryOutcome, type Message, type OpenedChannel } from '../channel-driver.port.js';
import { type EmailConfig, emailConfig } from '../config/channel-config.dto.js';
import { secretTexts } from '../config/config-secrets.js';
import { emailMessage } from '../messages/email-message.js';
import { type SmtpFailure, smtpOutcome } from './smtp-outcome.js';

const PORTS = { starttls: 587, tls: 465, opportunistic: 25, none: 25 };
/** For the server to take leave. */
const GOODBYE_MS = 1_000;

/** Mail over SMTP. A connection for each message: there are few. */
@Injectable()
export class EmailDriver extends ChannelDriver {
  readonly kind = 'email';

  constructor(private readonly outbound: OutboundClient) {
    super();
  }

  async send(message: Message, channel: OpenedChannel, signal: AbortSignal): Promise<DeliveryOutcome> {
    const config = emailConfig.parse(channel.config);
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
    try {
      const { response, rejected } = await this.hand(raw, mail.getEnvelope(), config, signal, progress);
      const without = rejected.length > 0 ? ` (not taken for ${rejected.join(', ')})` : '';
      return { outcome: 'delivered', status: Number.parseInt(response, 10) || null, response: response + without };
    } catch (error) {
      const { message: text, responseCode, response } = error as Error & Pick<SmtpFailure, 'responseCode' | 'response'>;
      const failure = {
        message: signal.aborted && !responseCode ? 'There was no answer in time.' : text,
        responseCode,
        response: response || undefined,
        forbidden: error instanceof OutboundRefusedError,
        begun: progress.begun,
      };
      return smtpOutcome(failure, secretTexts(this.kind, config));
    }
  }

  /** @throws Error with `responseCode` and `response` when the server replied */
  private async hand(
    raw: Buffer,
    envelope: { from: string | false; to: string[] },
    { host, port, security, verify_tls: verify, user, password }: EmailConfig,
    signal: AbortSignal,
    progress: { begun: boolean },
  ): Promise<{ response: string; rejected: string[] }> {
    const socket = await this.outbound.connect(host, port ?? PORTS[security], signal);
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
            sent ? resolve({ response: sent.response, rejected: sent.rejected }) : reject(error!),
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
