import { boundText } from './bound-text.js';

describe('boundText', () => {
  it.each([
    ['10.0.0.1 : 0.05\n', '10.0.0.1 : 0.05\n'],
    ['a\r\nb\tc', 'a\nb\tc'],
    ['a\u0000b\u001b[31mc\u007f', 'a?b?[31mc?'],
    ['\ud800lone', '\ufffdlone'],
    ['grün', 'grün'],
  ])('%j', (text, clean) => expect(boundText(text, 100)).toBe(clean));

  it.each(['x', '"', '\n', 'ü', '\u{1f600}'])('keeps %j within its bytes of JSON', (unit) => {
    const bounded = boundText(unit.repeat(10_000), 500);
    expect(Buffer.byteLength(JSON.stringify(bounded))).toBeLessThanOrEqual(500);
    expect(bounded.length).toBeGreaterThan(100);
    expect(bounded.isWellFormed()).toBe(true);
  });
});
