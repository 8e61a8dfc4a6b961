import { DEFAULTS, type RuleRow, type RuleValues } from './rule-row.js';
import { differs, newRow, nextRow } from './next-row.js';

const condition = { metric: 'icmp.rtt_ms', op: '>', value: 1 } as const;
const values: RuleValues = {
  ...DEFAULTS,
  group_by: ['site'],
  channel_ids: [],
  name: 'a',
  scope: { kind: 'devices', selector: { all: true } },
  condition,
  expression: 'icmp.rtt_ms > 1',
};
const [then, now] = [new Date(1_000), new Date(2_000)];
const before: RuleRow = newRow('id', values, then);

describe('nextRow', () => {
  it.each<[string, Partial<RuleValues>, number]>([
    ['nothing', {}, 1],
    ['what people read', { name: 'b', description: 'x', message: 'y', severity: 'low', labels: { a: 'b' } }, 1],
    ['who is told', { channel_ids: ['x'], group_by: [] }, 1],
    ['whether it is on', { enabled: false }, 1],
    ['the condition', { condition: { ...condition, value: 2 } }, 2],
    ['the scope', { scope: { kind: 'devices', selector: { tags: ['x'] } } }, 2],
    ['the duration', { for_seconds: 1 }, 2],
    ['the recovery', { recovery_condition: condition }, 2],
    ['how long it must hold', { recovery_for_seconds: 1 }, 2],
    ['how long it goes on', { keep_firing_seconds: 1, no_data: 'ok' }, 2],
  ])('a change of %s', (_, changes, version) => {
    expect(nextRow(before, { ...values, ...changes }, now)).toMatchObject({ ...changes, version, updated_at: now });
  });

  it.each<[string, Partial<RuleValues>, boolean]>([
    ['a name', { name: 'b' }, false],
    ['a condition', { condition: { ...condition, value: 2 } }, true],
    ['a message', { message: 'x' }, true],
    ['the switch', { enabled: true }, true],
  ])('%s mends a broken rule or not', (_, changes, mends) => {
    const broken: RuleRow = { ...before, enabled: false, broken_reason: 'x', broken_at: then };
    const next = nextRow(broken, { ...values, enabled: false, ...changes }, now);
    expect(next.broken_reason).toBe(mends ? null : 'x');
  });

  it('the time alone is no difference', () => {
    expect(differs(before, nextRow(before, { ...values }, now))).toBe(false);
    expect(differs(before, nextRow(before, { ...values, name: 'b' }, now))).toBe(true);
  });
});
