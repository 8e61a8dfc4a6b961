import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** A spec that the runner's pattern misses would be a test that nobody runs. */
it('picks up every spec file', () => {
  const specs = ['src', 'test'].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => /[.-](spec|test)\.[cm]?[jt]sx?$/.test(name))
      .map((name) => resolve(join(folder, name))),
  );
  const listed = execFileSync(process.execPath, ['node_modules/jest/bin/jest.js', '--listTests'], { encoding: 'utf8' });
  expect(listed.trim().split('\n').sort()).toEqual(specs.sort());
});
