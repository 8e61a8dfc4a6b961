import { type FakeMode, startFakeEngine } from './fake-engine.js';

/**
 * A fake engine in a process of its own, for benchmarks and end-to-end tests: `fake-engine-cli <nodes> <services> <tasks> [socket]`.
 * Prints one JSON line `{"dockerHost", "bytes"}` when it listens. A line on its standard input is a command: a mode, optionally
 * with a path (`hang /info`); `calls` prints the calls so far. It ends with its standard input.
 */
async function main([nodes, services, tasks, socketPath]: string[]): Promise<void> {
  const size = { nodes: Number(nodes ?? 3), services: Number(services ?? 3), tasks: Number(tasks ?? 12) };
  const engine = await startFakeEngine({ ...size, ...(socketPath ? { socketPath } : {}) });
  print({ dockerHost: engine.dockerHost, bytes: engine.bytes });
  let rest = '';
  for await (const chunk of process.stdin) {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const [word = '', path] = line.trim().split(' ');
      if (word === 'calls') print(engine.calls);
      else if (word !== '') engine.setMode(word as FakeMode, path);
    }
  }
  await engine.close();
}

function print(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

void main(process.argv.slice(2));
