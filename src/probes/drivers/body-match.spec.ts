import { BodyMatch } from './body-match.js';

describe('BodyMatch', () => {
  it.each([
    ['in one chunk', 'needle', ['hay needle hay'], true],
    ['over chunks', 'needle', ['hay nee', 'd', 'le hay'], true],
    ['over chunks, in UTF-8', 'läuft', ['l\u00e4', 'uft'], true],
    ['not', 'needle', ['nee', 'dl', ' e'], false],
    ['an empty text', '', [], true],
  ])('%s', (_, wanted, chunks, found) => {
    const match = new BodyMatch(wanted);
    for (const chunk of chunks) match.push(Buffer.from(chunk));
    expect(match.found).toBe(found);
  });

  it('finds what is cut in the middle of a character', () => {
    const match = new BodyMatch('läuft');
    for (const byte of Buffer.from('es läuft!')) match.push(Buffer.from([byte]));
    expect(match.found).toBe(true);
  });
});
