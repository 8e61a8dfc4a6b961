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

/** The reverse of {@link pictureLines}. */
export function pictureFromLines(lines: Iterable<string>): SwarmPicture {
  let picture: SwarmPicture | null = null;
  for (const line of lines) {
    if (line === '') continue;
    if (picture === null) picture = JSON.parse(line) as SwarmPicture;
    else for (const task of JSON.parse(line) as SwarmTask[]) picture.tasks.push(task);
  }
  if (picture === null) throw new Error('A stored swarm picture is empty.');
  return picture;
}
