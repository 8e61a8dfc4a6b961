import { FpingOutput } from './parse-fping.js';

function read(text: string, { asked = ['10.0.0.1'], packets = 3, raw = false } = {}): FpingOutput {
  const output = new FpingOutput(new Set(asked), packets, raw);
  output.push(Buffer.from(text, 'latin1'));
  return output;
}
const timesOf = (output: FpingOutput) => Object.fromEntries(output.times);

describe('FpingOutput', () => {
  it.each<[string, string, (number | null)[] | undefined, number]>([
    ['all answered', '10.0.0.1 : 0.05 1.20 33.4\n', [0.05, 1.2, 33.4], 0],
    ['all lost', '10.0.0.1 : - - -\n', [null, null, null], 0],
    ['some lost', '10.0.0.1 : - 0.003 -\n', [null, 0.003, null], 0],
    ['a zero', '10.0.0.1 : 0.00 0 0.000\n', [0, 0, 0], 0],
    ['whole milliseconds', '10.0.0.1 : 120 1034 999999\n', [120, 1034, 999_999], 0],
    ['an exponent', '10.0.0.1 : 1.5e+03 1e3 2E-1\n', [1_500, 1_000, 0.2], 0],
    ['spaces before the colon', '10.0.0.1              : 0.05 - -\n', [0.05, null, null], 0],
    ['spaces between', '10.0.0.1 :   0.05   -  -  \n', [0.05, null, null], 0],
    ['a carriage return', '10.0.0.1 : 1 2 3\r\n', [1, 2, 3], 0],
    ['an empty line before', '\n\n10.0.0.1 : 1 2 3\n\n', [1, 2, 3], 0],
    ['too few times', '10.0.0.1 : 0.05 0.06\n', undefined, 1],
    ['too many times', '10.0.0.1 : 1 2 3 4\n', undefined, 1],
    ['a word among the times', '10.0.0.1 : 1 x 3\n', undefined, 1],
    ['a negative time', '10.0.0.1 : 1 -2 3\n', undefined, 1],
    ['not a number', '10.0.0.1 : NaN inf 3\n', undefined, 1],
    ['a huge number', `10.0.0.1 : 1 2 ${'9'.repeat(400)}\n`, undefined, 1],
    ['a last line without its end', '10.0.0.1 : 1 2 3', undefined, 0],
    ['no values', '10.0.0.1 :\n', undefined, 1],
    ['no colon', '10.0.0.1 1 2 3\n', undefined, 1],
    ['an address not asked for', '10.0.0.2 : 1 2 3\n', undefined, 1],
    ['a prototype key', '__proto__ : 1 2 3\n', undefined, 1],
    ['a duplicate', '10.0.0.1 : duplicate for [0], 64 bytes, 0.05 ms\n10.0.0.1 : 1 2 3\n', [1, 2, 3], 0],
    ['a remark per packet', '10.0.0.1 : [0], 64 bytes, 0.05 ms (0.05 avg, 0% loss)\n10.0.0.1 : 1 2 3\n', [1, 2, 3], 0],
    [
      'a time-out per packet',
      '10.0.0.1 : [0], timed out (NaN avg, 100% loss)\n10.0.0.1 : - - -\n',
      [null, null, null],
      0,
    ],
    ['the report twice', '10.0.0.1 : 1 2 3\n10.0.0.1 : - - -\n', [1, 2, 3], 0],
    ['garbage', '\u0000\u0001\u00ff hello\nmore : of : it\n', undefined, 2],
    ['a very long line', `${'x'.repeat(100_000)}\n10.0.0.1 : 1 2 3\n`, [1, 2, 3], 1],
    ['nothing', '', undefined, 0],
  ])('%s', (_, text, times, strangeLines) => {
    const output = read(text);
    expect(output.times.get('10.0.0.1')).toEqual(times);
    expect(output.strangeLines).toBe(strangeLines);
    expect(output.times.size).toBe(times ? 1 : 0);
  });

  it.each(['::1', 'fe80::1%lo', '2001:db8::ff00:42:8329', '127.0.0.1'])(
    'knows %s by the form it was asked in',
    (address) => {
      expect(timesOf(read(`${address.padEnd(30)} : 0.05\n`, { asked: [address], packets: 1 }))).toEqual({
        [address]: [0.05],
      });
    },
  );

  it('reads the same whatever the chunks', () => {
    const text =
      '\nICMP Host Unreachable from 10.0.0.9 for ICMP Echo sent to 10.0.0.2\n10.0.0.1 : 0.05 - 1.2\n10.0.0.2 : - - -\n';
    for (let size = 1; size < text.length; size += 1) {
      const output = new FpingOutput(new Set(['10.0.0.1', '10.0.0.2']), 3);
      for (let at = 0; at < text.length; at += size) output.push(Buffer.from(text.slice(at, at + size)));
      expect(timesOf(output)).toEqual({ '10.0.0.1': [0.05, null, 1.2], '10.0.0.2': [null, null, null] });
      expect(Object.fromEntries(output.icmpErrors)).toEqual({ '10.0.0.2': 'Host Unreachable from 10.0.0.9' });
      expect(output.strangeLines).toBe(0);
    }
  });

  it('holds one line at most', () => {
    const output = new FpingOutput(new Set(['10.0.0.1']), 3);
    for (let chunk = 0; chunk < 1_000; chunk += 1) output.push(Buffer.alloc(10_000, 'x'));
    output.push(Buffer.from('\n10.0.0.1 : 1 2 3\n'));
    expect(timesOf(output)).toEqual({ '10.0.0.1': [1, 2, 3] });
    expect(JSON.stringify(output).length).toBeLessThan(1_000);
  });

  it('keeps what it heard about an address, word for word and bounded', () => {
    const line = '10.0.0.1 : [0], 64 bytes, 0.05 ms (0.05 avg, 0% loss)\n';
    expect(read(`${line}10.0.0.1 : 1 2 3\n`, { raw: true }).rawOf('10.0.0.1')).toBe(`${line}10.0.0.1 : 1 2 3\n`);
    expect(read(line.repeat(1_000), { raw: true }).rawOf('10.0.0.1').length).toBeLessThanOrEqual(3_500);
    expect(read('what is this?\n', { raw: true }).rawOf('10.0.0.1')).toBe('what is this?\n');
    expect(read(line, { raw: false }).rawOf('10.0.0.1')).toBe('');
  });
});
