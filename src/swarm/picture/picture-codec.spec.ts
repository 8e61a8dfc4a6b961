import { gzipSync } from 'node:zlib';
import { decodePicture, encodePicture } from './picture-codec.js';
import type { SwarmPicture, SwarmTask } from './swarm-picture.js';

const picture = (tasks: number): SwarmPicture =>
  ({
    revision: 'one',
    nodes: [{ hostname: 'knöten-1 🐳' }],
    tasks: Array.from({ length: tasks }, (_, index): Partial<SwarmTask> => ({
      id: `t${index}`,
      message: 'line\nbreak',
    })),
  }) as unknown as SwarmPicture;

describe('a picture', () => {
  it.each([0, 1, 1_000, 1_001, 4_321])('with %i tasks comes back as it was', async (tasks) => {
    expect(await decodePicture(await encodePicture(picture(tasks)))).toEqual(picture(tasks));
  });

  it('is not made of other bytes', async () => {
    await expect(decodePicture(Buffer.from('no gzip'))).rejects.toThrow('incorrect header');
    await expect(decodePicture(gzipSync(''))).rejects.toThrow('empty');
  });
});
