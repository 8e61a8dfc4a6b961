/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  rootDir: '.',
  testRegex: '(src|test)/.*\\.spec\\.ts$',
  modulePathIgnorePatterns: ['<rootDir>/dist', '<rootDir>/data/'],
  moduleFileExtensions: ['ts', 'js', 'mjs', 'cjs', 'json', 'node'],
  // Sources import with `.js` endings, as ESM wants it.
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': ['$1.js', '$1.ts', '$1'] },
  transform: { '\\.[cm]?[jt]s$': '<rootDir>/jest-transform.cjs' },
  transformIgnorePatterns: [],
  workerIdleMemoryLimit: '512MB',
  // Of hooks as well: a PostgreSQL that has much to write takes its time to stop.
  testTimeout: 120_000,
  // Most tests wait for servers, not for a processor: two at a time also on two cores.
  maxWorkers: 2,
  reporters: ['default', '<rootDir>/test/support/count-reporter.cjs'],
};
