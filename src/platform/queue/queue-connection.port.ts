/** How PostgreSQL is reached; `host` may be the folder of a unix socket. */
export interface QueueDatabase {
  connectionString?: string;
  host?: string;
  port?: number;
  user?: string;
  password?: string;
  database?: string;
  ssl?: unknown;
}

/** Where the jobs are kept. */
export type QueueTarget = { kind: 'postgres'; config: QueueDatabase } | { kind: 'redis'; url: string };

/** How to reach the queue. Provided by whoever knows: the embedded PostgreSQL has an address only once it has started. */
export abstract class QueueConnection {
  abstract readonly target: QueueTarget;
}
