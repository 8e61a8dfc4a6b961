import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { problemCatalogue, problemTable } from '../../src/platform/http/problem-catalogue.js';

const page = readFileSync(join(process.cwd(), 'docs/errors.md'), 'utf8');
/** Without the padding that the formatter gives a table. */
const squeezed = (text: string) => text.replace(/-{3,}/g, '---').replace(/ +/g, ' ');

describe('docs/errors.md', () => {
  it('has the table of the catalogue, to the letter', () => {
    expect(squeezed(page)).toContain(squeezed(problemTable()));
  });
});

describe('the catalogue', () => {
  it.each(Object.entries(problemCatalogue))('%s says what to do', (code, { status, title, detail }) => {
    expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(title).toMatch(/^[A-Z]/);
    expect(detail).toMatch(/\.$/);
  });
});
