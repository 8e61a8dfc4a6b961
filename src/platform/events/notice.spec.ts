import { decodeNotice, encodeNotice, MAX_NOTICE_BYTES, type Notice } from './notice.js';

describe('notices', () => {
  it.each<Notice>([
    { kind: 'probe_cycle', cycle: 'ping-30', shard: 0, due_at: '2026-11-21T12:00:00.000Z', events: null },
    { kind: 'swarm_published', revision: 'r1' },
    { kind: 'swarm_refresh_failed' },
    { kind: 'inventory_changed' },
    { kind: 'job', id: 'a', name: 'device.check', state: 'active', progress: { done: 1 } },
  ])('are read as they were written: %j', (notice) => {
    expect(decodeNotice(encodeNotice(notice))).toEqual(notice);
  });

  it('may have fields that this version does not know', () => {
    const later = '{"kind":"swarm_published","revision":"r1","more":1}';
    expect(decodeNotice(later)).toEqual({ kind: 'swarm_published', revision: 'r1' });
  });

  it.each([undefined, '', 'x', '1', 'null', '[]', '{}', '{"kind":"later"}', '{"kind":"swarm_published"}'])(
    'are not made of %j',
    (payload) => expect(decodeNotice(payload)).toBeNull(),
  );

  it('are refused when PostgreSQL would refuse them: bytes count, not characters', () => {
    const sized = (revision: string): Notice => ({ kind: 'swarm_published', revision });
    const room = MAX_NOTICE_BYTES - Buffer.byteLength(encodeNotice(sized('')));
    expect(Buffer.byteLength(encodeNotice(sized('x'.repeat(room))))).toBe(MAX_NOTICE_BYTES);
    expect(() => encodeNotice(sized('x'.repeat(room + 1)))).toThrow('A notice swarm_published of 7901 bytes');
    expect(() => encodeNotice(sized('ü'.repeat(room / 2 + 1)))).toThrow('cannot be told');
  });
});
