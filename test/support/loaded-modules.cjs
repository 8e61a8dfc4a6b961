// Loaded with `node --require`: when the process ends it writes the files of all modules that it had loaded with CommonJS,
// which all its npm packages with native or network parts are, to $LOADED_MODULES, one a line.
const { writeFileSync } = require('node:fs');

process.on('exit', () => writeFileSync(process.env.LOADED_MODULES, Object.keys(require.cache).join('\n')));
