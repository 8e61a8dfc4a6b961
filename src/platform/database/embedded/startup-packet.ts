/** What a PostgreSQL server says to a newcomer: it asks for a password, is still starting, or turns him away. */
export type Greeting = 'ready' | 'starting';

/** The StartupMessage of protocol 3.0. */
export function startupPacket(user: string, database: string): Buffer {
  const body = Buffer.from(`user\0${user}\0database\0${database}\0\0`);
  const head = Buffer.alloc(8);
  head.writeInt32BE(body.length + head.length, 0);
  head.writeInt32BE(196_608, 4);
  return Buffer.concat([head, body]);
}

/**
 * Reads the answer to {@link startupPacket}. SQLSTATE 57P03 (cannot_connect_now) means starting or shutting down;
 * any other error, such as 53300 (too many connections), comes from a server that works.
 */
export function greetingOf(answer: Buffer): Greeting {
  return answer[0] === 'E'.charCodeAt(0) && answer.includes('C57P03\0') ? 'starting' : 'ready';
}
