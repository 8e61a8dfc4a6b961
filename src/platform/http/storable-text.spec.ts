import { isOneLine, isPlainText, isStorable, storableStart } from './storable-text.js';

describe('storableStart', () => {
  it.each([
    ['a text that fits', 'abc', 3, 'abc'],
    ['NUL', 'a\0b\0', 9, 'ab'],
    ['a pair that the cut halves', 'a💥b', 2, 'a'],
    ['half a pair', 'a\ud83db', 9, 'a\ufffdb'],
    ['nothing', '', 3, ''],
  ])('takes %s', (_, text, max, expected) => {
    expect(storableStart(text, max)).toBe(expected);
    expect(isStorable(storableStart(text, max))).toBe(true);
  });
});

describe('isOneLine and isPlainText', () => {
  it.each([
    ['Berlin – Straße 💥 عربي', true, true],
    ['a\nb', false, true],
    ['a\tb', false, true],
    ['a\u2028b', false, false],
    ['bell \u0007', false, false],
    ['del \u007f', false, false],
    ['c1 \u0085', false, false],
    ['override \u202egpj', false, false],
    ['isolate \u2066x', false, false],
  ])('judge %j', (text, line, plain) => expect([isOneLine(text), isPlainText(text)]).toEqual([line, plain]));
});
