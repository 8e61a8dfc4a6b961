import { isRecord, text } from './raw-fields.js';

/** The event stream cannot be understood; it holds nothing of the bytes. */
export class EventStreamError extends Error {
  override readonly name = 'EventStreamError';
}

/** Cuts the event stream into lines and keeps at most one unfinished line. */
export class EventLines {
  private readonly decoder = new TextDecoder();
  private rest = '';

  /** @param maxLength characters of one line, so that a stream without line ends stays bounded */
  constructor(private readonly maxLength: number) {}

  /**
   * @returns what happened, one entry an event of a node or service, for example `service update`
   * @throws EventStreamError when a line is too long or is not JSON
   */
  push(chunk: Uint8Array): string[] {
    const lines = (this.rest + this.decoder.decode(chunk, { stream: true })).split('\n');
    this.rest = lines.pop() ?? '';
    if (this.rest.length > this.maxLength) throw new EventStreamError('an event without an end');
    return lines.filter((line) => line.trim() !== '').flatMap(describeEvent);
  }
}

function describeEvent(line: string): string[] {
  let event: unknown;
  try {
    event = JSON.parse(line);
  } catch {
    throw new EventStreamError('an event that is not JSON');
  }
  if (!isRecord(event)) throw new EventStreamError('an event that is not an object');
  const type = text(event['Type']);
  const action =
    text(event['Action'])
      ?.replace(/[^a-z0-9_. -]/gi, '')
      .slice(0, 40) ?? '';
  return type === 'node' || type === 'service' ? [`${type} ${action}`.trim()] : [];
}
