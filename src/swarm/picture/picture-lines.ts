import type { SwarmPicture, SwarmTask } from './swarm-picture.js';

/** Tasks a line: small enough that neither side ever holds the text of all 100,000. */
const TASKS_PER_LINE = 1_000;

/** A picture as lines of JSON: the picture without its tasks, then its tasks, {@link TASKS_PER_LINE} a line. */
export function* pictureLines(picture: SwarmPicture): Generator<string> {
  yield `${JSON.stringify({ ...picture, tasks: [] })}\n`;
  for (let start = 0; start < picture.tasks.length; start += TASKS_PER_LINE) {
    yield `${JSON.stringify(picture.tasks.slice(start, start + TASKS_PER_LINE))}\n`;
  }
}

/** The reverse of {@link pictureLines}, a line at a time. */
export class PictureBuilder {
  private picture: SwarmPicture | null = null;

  add(line: string): void {
    if (this.picture === null) this.picture = JSON.parse(line) as SwarmPicture;
    else for (const task of JSON.parse(line) as SwarmTask[]) this.picture.tasks.push(task);
  }

  /** @throws when there was no line */
  finish(): SwarmPicture {
    if (this.picture === null) throw new Error('A stored swarm picture is empty.');
    return this.picture;
  }
}
