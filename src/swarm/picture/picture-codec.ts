import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { createGzip, gunzip } from 'node:zlib';
import { pictureFromLines, pictureLines } from './picture-lines.js';
import type { SwarmPicture } from './swarm-picture.js';

const unzip = promisify(gunzip);

/** A picture of 100,000 tasks is about 30 MB of JSON and 3 MB compressed; more than this is not ours. */
const MOST_BYTES = 1_073_741_824;

/** Compresses off the main thread; level 1, since the time of a refresh counts for more than the last kilobyte. */
export async function encodePicture(picture: SwarmPicture): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of Readable.from(pictureLines(picture)).pipe(createGzip({ level: 1 }))) {
    parts.push(part as Buffer);
  }
  return Buffer.concat(parts);
}

/** @throws when the bytes are not a picture */
export async function decodePicture(bytes: Buffer): Promise<SwarmPicture> {
  const text = (await unzip(bytes, { maxOutputLength: MOST_BYTES })).toString('utf8');
  return pictureFromLines(text.split('\n'));
}
