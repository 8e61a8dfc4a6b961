import { Injectable } from '@nestjs/common';
import { decodePicture } from './picture-codec.js';
import type { SwarmPicture } from './swarm-picture.js';

/**
 * The last picture of this process, decoded. In one process the publisher hands it to the readers by reference; in
 * another the reader decodes a revision once and not once a request.
 */
@Injectable()
export class PictureMemo {
  private last: SwarmPicture | null = null;

  get revision(): string | null {
    return this.last?.revision ?? null;
  }

  get picture(): SwarmPicture | null {
    return this.last;
  }

  remember(picture: SwarmPicture): SwarmPicture {
    this.last = picture;
    return picture;
  }

  async decode(revision: string, bytes: () => Buffer): Promise<SwarmPicture> {
    if (this.last?.revision === revision) return this.last;
    return this.remember(await decodePicture(bytes()));
  }
}
