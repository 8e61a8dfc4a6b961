import { pino, type Logger as PinoLogger } from 'pino';
import type { Settings } from '../config/settings.schema.js';
import { lineRedactor, REDACTED_PATHS } from './redaction.js';

/** The process's logger: lines for people on a terminal, JSON elsewhere; secrets masked. */
export async function createLogger(settings: Settings): Promise<PinoLogger> {
  const redact = lineRedactor([settings.adminToken, settings.secretsKey, settings.secretsKeyPrevious]);
  return pino(
    {
      level: settings.logLevel,
      base: settings.role === 'all' ? {} : { role: settings.role },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: REDACTED_PATHS, censor: '[redacted]' },
      hooks: { streamWrite: redact },
    },
    await destination(settings),
  );
}

async function destination({ logFormat }: Settings) {
  const pretty = logFormat === 'pretty' || (logFormat === 'auto' && process.stdout.isTTY);
  // Synchronous: the lines that explain a crash are the ones that matter most.
  if (!pretty) return pino.destination({ fd: 1, sync: true });
  const { default: prettyPrinter } = await import('pino-pretty');
  return prettyPrinter({
    colorize: process.stdout.isTTY,
    translateTime: 'SYS:HH:MM:ss',
    ignore: 'pid,hostname,context,role',
    messageFormat: (line, messageKey) =>
      `${line['context'] ? `${String(line['context'])}: ` : ''}${String(line[messageKey])}`,
    singleLine: true,
    sync: true,
  });
}
