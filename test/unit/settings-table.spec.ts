import { readFileSync } from 'node:fs';
import { replaceSettingsTable, settingsTable } from '../../src/platform/config/settings-table.js';

it('is the README’s table of settings (npm run docs:settings)', () => {
  const readme = readFileSync('README.md', 'utf8');
  expect(readme).toBe(replaceSettingsTable(readme, settingsTable()));
});
