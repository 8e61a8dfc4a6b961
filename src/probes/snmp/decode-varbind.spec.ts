import { decodeVarbind } from './decode-varbind.js';

const oid = '1.3.6.1.2.1.1.1.0';

describe('decodeVarbind', () => {
  it.each<[string, number, unknown, object]>([
    ['integer', 2, -5, { kind: 'number', value: -5, bits: null }],
    ['counter', 65, 4_294_967_295, { kind: 'number', value: 4_294_967_295, bits: 32 }],
    ['gauge', 66, 12, { kind: 'number', value: 12, bits: null }],
    ['time ticks', 67, 12, { kind: 'number', value: 12, bits: null }],
    ['counter64', 70, Buffer.from('00ffffffffffffffff', 'hex'), { kind: 'number', value: 2n ** 64n - 1n, bits: 64 }],
    ['short counter64', 70, Buffer.from('0102', 'hex'), { kind: 'number', value: 258n, bits: 64 }],
    ['empty counter64', 70, Buffer.alloc(0), { kind: 'number', value: 0n, bits: 64 }],
    ['text', 4, Buffer.from('Röuter\0'), { kind: 'text', value: 'Röuter' }],
    ['a MAC address', 4, Buffer.from('00163e0a0b0c', 'hex'), { kind: 'text', value: '00:16:3e:0a:0b:0c' }],
    ['no text at all', 4, Buffer.alloc(0), { kind: 'text', value: '' }],
    ['an OID', 6, '1.3.6.1', { kind: 'text', value: '1.3.6.1' }],
    ['an address', 64, '10.0.0.1', { kind: 'text', value: '10.0.0.1' }],
    ['a float in Opaque', 68, Buffer.from('9f780441480000', 'hex'), { kind: 'number', value: 12.5, bits: null }],
    ['no such object', 128, null, { kind: 'error', code: 'no_such_object' }],
    ['no such instance', 129, null, { kind: 'error', code: 'no_such_instance' }],
    ['end of the view', 130, null, { kind: 'error', code: 'no_such_instance' }],
    ['an unknown type', 99, null, { kind: 'error', code: 'agent_error' }],
  ])('%s', (_, type, value, expected) => {
    expect(decodeVarbind({ oid, type, value })).toMatchObject(expected);
  });

  it('bounds long texts', () => {
    expect(decodeVarbind({ oid, type: 4, value: Buffer.alloc(60_000, 'x') })).toMatchObject({
      value: 'x'.repeat(1_000),
    });
  });
});
