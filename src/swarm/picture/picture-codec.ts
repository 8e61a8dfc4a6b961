import { Readable } from 'node:stream';
import { setImmediate as breathe } from 'node:timers/promises';
import { promisify } from 'node:util';
import { createGzip, gunzip } from 'node:zlib';
import { PictureBuilder, pictureLines } from './picture-lines.js';
import type { SwarmPicture } from './swarm-picture.js';

const unzip = promisify(gunzip);

/** A picture of 100,000 tasks is about 30 MB of JSON and 3 MB compressed; more than this is not ours. */
const MOST_BYTES = 1_073_741_824;
const NEW_LINE = 0x0a;

/** Compresses off the main thread; level 1, since the time of a refresh counts for more than the last kilobyte. */
export async function encodePicture(picture: SwarmPicture): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of Readable.from(pictureLines(picture)).pipe(createGzip({ level: 1 }))) {
    parts.push(part as Buffer);
  }
  return Buffer.concat(parts);
}

/**
 * Parses a line at a time and lets others run in between: a large swarm must not hold up a health probe.
 * @throws when the bytes are not a picture
 */
export async function decodePicture(bytes: Buffer): Promise<SwarmPicture> {
  const text = await unzip(bytes, { maxOutputLength: MOST_BYTES });
  const builder = new PictureBuilder();
  for (let start = 0; start < text.length;) {
    const end = text.indexOf(NEW_LINE, start);
    builder.add(text.toString('utf8', start, end));
    start = end + 1;
    await breathe();
  }
  return builder.finish();
}
