// Jest runs everything as CommonJS: our TypeScript and packages that ship only ESM go through swc, CommonJS packages pass untouched.
const { createTransformer } = require('@swc/jest');

const transformer = (typescript) =>
  createTransformer({
    swcrc: false,
    sourceMaps: typescript ? 'inline' : false,
    jsc: {
      target: 'es2022',
      keepClassNames: true,
      parser: typescript ? { syntax: 'typescript', decorators: true } : { syntax: 'ecmascript' },
      transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
    },
    module: { type: 'commonjs' },
  });
const typescript = transformer(true);
const javascript = transformer(false);
const looksLikeEsm = /^\s*(?:import\s*[\w{*'"]|export\s*[\w{*]|export\s+default)|import\.meta|\bawait import\(/m;

module.exports = {
  getCacheKey: (source, file, options) => `${typescript.getCacheKey(source, file, options)}-1`,
  process(source, file, options) {
    if (/\.[cm]?tsx?$/.test(file)) return typescript.process(source, file, options);
    return looksLikeEsm.test(source) ? javascript.process(source, file, options) : { code: source };
  },
};
