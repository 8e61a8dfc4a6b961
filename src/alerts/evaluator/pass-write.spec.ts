import type { NewAlert, PassOutcome } from '../engine/pass.js';
import type { Severity } from '../severity.js';
import { MAX_CHANGES, passWrite, ROOM_KEPT } from './pass-write.js';

function opening(severity: Severity): NewAlert {
  return { fingerprint: severity, face: { severity }, state: {}, events: [], outbox: null } as unknown as NewAlert;
}

function written(opened: NewAlert[], room: number) {
  const outcome = { opened, changed: [], resolved: [], dropped: [], broken: [] } as unknown as PassOutcome;
  const write = passWrite(outcome, { now: 0, room, newId: () => 'id' });
  return { ...write, severities: write.alerts.map(({ severity }) => severity) };
}

const many = (count: number, severity: Severity) => Array.from({ length: count }, () => opening(severity));

describe('what a pass writes', () => {
  it('opens all that there is room for', () => {
    const { severities, isFull, isCut } = written([...many(10, 'low'), opening('critical')], 50_000);
    expect(severities).toHaveLength(11);
    expect({ isFull, isCut }).toEqual({ isFull: false, isCut: false });
  });

  it('keeps the last of the room for the worst', () => {
    const all = [...many(10, 'low'), opening('critical')];
    expect(written(all, 5)).toMatchObject({ severities: ['critical'], isFull: true });
    expect(written(all, 3 * ROOM_KEPT + 5).severities).toEqual(['critical', 'low', 'low', 'low', 'low']);
    expect(written(many(10, 'critical'), 4).severities).toHaveLength(4);
    expect(written(many(10, 'critical'), -4).severities).toHaveLength(0);
  });

  it('begins with the worst when that is more than one pass writes', () => {
    const { severities, isCut, isFull } = written([...many(MAX_CHANGES, 'info'), opening('high')], 50_000);
    expect(severities).toHaveLength(MAX_CHANGES);
    expect(severities[0]).toBe('high');
    expect({ isCut, isFull }).toEqual({ isCut: true, isFull: false });
  });
});
