/** The part of a logger that is needed before Nest is loaded; Nest's `Logger` and pino's adapters fit. */
export interface PlainLog {
  log(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}
