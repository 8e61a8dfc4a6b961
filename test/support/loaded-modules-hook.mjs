import { appendFileSync } from 'node:fs';

/** What an `import` loads: the cache of CommonJS knows nothing of packages that are ES modules. */
export function load(url, context, nextLoad) {
  if (url.includes('/node_modules/')) appendFileSync(`${process.env.LOADED_MODULES}.imported`, `${url}\n`);
  return nextLoad(url, context);
}
