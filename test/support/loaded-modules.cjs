// Loaded with `node --require`: when the process ends it writes the files of all modules that it had loaded with CommonJS
// to $LOADED_MODULES, one a line. Those that it imports stand in $LOADED_MODULES.imported.
const { writeFileSync } = require('node:fs');
const { register } = require('node:module');
const { join } = require('node:path');
const { pathToFileURL } = require('node:url');

register(pathToFileURL(join(__dirname, 'loaded-modules-hook.mjs')));
process.on('exit', () => writeFileSync(process.env.LOADED_MODULES, Object.keys(require.cache).join('\n')));
