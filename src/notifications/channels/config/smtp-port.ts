import type { EmailConfig } from './channel-config.dto.js';

const PORTS = { starttls: 587, tls: 465, opportunistic: 25, none: 25 };

/** The port that mail is handed over at. */
export function smtpPort({ port, security }: Pick<EmailConfig, 'port' | 'security'>): number {
  return port ?? PORTS[security];
}
