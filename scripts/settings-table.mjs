// `npm run docs:settings`: writes the README's table of settings from the schema. A test fails when it is out of date.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { prepare, root } from './prepare.mjs';

prepare();
const { settingsTable, replaceSettingsTable } = await import('../dist/src/platform/config/settings-table.js');
const file = join(root, 'README.md');
writeFileSync(file, replaceSettingsTable(readFileSync(file, 'utf8'), settingsTable()));
