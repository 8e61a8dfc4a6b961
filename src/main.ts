import 'reflect-metadata';
import { readSettings, SettingsError } from './platform/config/read-settings.js';
import { createLogger } from './platform/observability/logger.js';
import { NestLogger } from './platform/observability/nest-logger.js';
import { keepHeapSmall } from './platform/observability/small-heap.driver.js';
import { Product } from './process/product.js';

/** Settings, logger, product; signals end it gracefully, and whatever is unexpected ends it with a line that says why. */
async function main(): Promise<void> {
  const settings = readSettings(process.env);
  if (settings.role === 'worker' || settings.role === 'scheduler') keepHeapSmall();
  const pino = await createLogger(settings);
  const log = new NestLogger(pino);
  const product = new Product(settings, pino, log);

  let signalledAt = 0;
  const onSignal = (signal: NodeJS.Signals): void => {
    const now = Date.now();
    // A terminal's Ctrl-C arrives twice under npm, which passes it on.
    if (signalledAt > 0 && now - signalledAt < 1_000) return;
    if (signalledAt > 0) {
      log.warn('Asked to stop twice: stopping at once', 'Main');
      process.exit(1);
    }
    signalledAt = now;
    log.log(`Stopping (${signal}) …`, 'Main');
    void product.stop().then((clean) => process.exit(clean ? 0 : 1));
  };
  process.on('SIGTERM', onSignal).on('SIGINT', onSignal).on('SIGHUP', onSignal);
  const onUnexpected = (error: unknown): void => {
    log.fatal(error instanceof Error ? error : new Error(String(error)), 'Main');
    void product.stop().then(() => process.exit(1));
  };
  process.on('uncaughtException', onUnexpected).on('unhandledRejection', onUnexpected);

  try {
    await product.start();
  } catch (error) {
    if (product.stopping) return;
    explain(error, log);
    await product.stop();
    process.exit(1);
  }
}

/** Errors whose message says what to do need no stack. */
const SELF_EXPLAINING = new Set([
  'EmbeddedPostgresError',
  'DatabaseUrlError',
  'DatabaseUnusableError',
  'JobHandlerError',
  'PortTakenError',
  'SecretKeysError',
]);

function explain(error: unknown, log: NestLogger): void {
  if (error instanceof Error && SELF_EXPLAINING.has(error.name)) log.fatal(error.message, 'Main');
  else log.fatal(error instanceof Error ? error : new Error(String(error)), 'Main');
}

main().catch((error: unknown) => {
  process.stderr.write(
    `${error instanceof SettingsError ? error.message : String((error as Error)?.stack ?? error)}\n`,
  );
  process.exit(1);
});
