import { readFileSync } from 'node:fs';
import { DEFAULT_RULES } from '../../src/alerts/rules/default-rules.js';
import { SELF_METRICS } from '../../src/monitoring/signals/self-metrics.js';

const table = (head: string[], rows: string[][]): string[] => {
  const line = (cells: string[]): string => cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ');
  return [head, ...rows].map(line);
};
/** Cells of the table between two marks, without what prettier pads. */
const documented = (mark: string): string[] => {
  const text = readFileSync('docs/self-monitoring.md', 'utf8');
  const part = text.split(`<!-- ${mark} -->`)[1]?.split(`<!-- /${mark} -->`)[0] ?? '';
  return part
    .split('\n')
    .filter((line) => line.startsWith('|') && !/^[|\s-]+$/.test(line))
    .map((line) =>
      line
        .slice(1, -1)
        .split(/(?<!\\)\|/)
        .map((cell) => cell.trim())
        .join(' | '),
    );
};

describe('docs/self-monitoring.md', () => {
  it('has every metric', () => {
    const rows = SELF_METRICS.map(({ name, target, unit, description }) => [
      `\`${name}\``,
      target,
      unit ?? '',
      description,
    ]);
    expect(documented('metrics')).toEqual(table(['metric', 'of', 'unit', 'what it says'], rows));
  });

  it('has every default rule', () => {
    const rows = DEFAULT_RULES.map(({ name, severity, expression, forSeconds = 0, recovery }) => [
      name,
      severity,
      `\`${expression}\``,
      forSeconds === 0 ? '' : `${forSeconds} s`,
      recovery === undefined ? '' : `\`${recovery}\``,
    ]);
    expect(documented('rules')).toEqual(table(['rule', 'severity', 'fires when', 'for', 'ends when'], rows));
  });
});
