import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { transform } from '@swc/core';

const ROOT = join(__dirname, '..', '..');

/**
 * Compiles sources to what ships, ES modules, so that a test can start them in processes of their own without a build.
 * @param sources files or folders (with what is below) of the repository
 * @param target gets the same layout, with the repository's packages unless it has `node_modules` of its own
 */
export async function compileSources(sources: string[], target: string): Promise<void> {
  await mkdir(target, { recursive: true });
  await writeFile(join(target, 'package.json'), '{"type":"module"}');
  await symlink(join(ROOT, 'node_modules'), join(target, 'node_modules')).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  const files = (await Promise.all(sources.map(filesIn))).flat();
  await Promise.all(files.map((file) => compile(file, target)));
}

async function filesIn(source: string): Promise<string[]> {
  if (source.endsWith('.ts')) return [source];
  const names = await readdir(join(ROOT, source), { recursive: true });
  return names.filter((name) => name.endsWith('.ts') && !name.endsWith('.spec.ts')).map((name) => join(source, name));
}

async function compile(file: string, target: string): Promise<void> {
  const { code } = await transform(await readFile(join(ROOT, file), 'utf8'), {
    swcrc: false,
    jsc: {
      target: 'es2022',
      keepClassNames: true,
      parser: { syntax: 'typescript', decorators: true },
      transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
    },
    module: { type: 'es6' },
  });
  const output = join(target, file.replace(/\.ts$/, '.js'));
  await mkdir(dirname(output), { recursive: true });
  await writeFile(output, code);
}
