import { EventLines } from './event-lines.js';

const line = (event: unknown): string => `${JSON.stringify(event)}\n`;

describe('EventLines', () => {
  it('describes events of nodes and services, wherever the chunks are cut', () => {
    const lines = new EventLines(1000);
    const bytes = Buffer.from(
      line({ Type: 'service', Action: 'update', Actor: { Attributes: { name: 'é€' } } }) +
        '\r\n' +
        line({ Type: 'node', Action: 'create' }) +
        line({ Type: 'container', Action: 'start' }),
    );
    const seen = [...bytes].flatMap((byte) => lines.push(Buffer.from([byte])));
    expect(seen).toEqual(['service update', 'node create']);
  });

  it('takes odd fields and keeps control characters out', () => {
    const lines = new EventLines(1000);
    expect(lines.push(Buffer.from(line({ Type: 'node', Action: 7 })))).toEqual(['node']);
    expect(lines.push(Buffer.from(line({ Type: 'node', Action: 'up\u001b[31mdate\n' })))).toEqual(['node up31mdate']);
  });

  it.each([
    ['<html>\n', 'an event that is not JSON'],
    ['[1]\n', 'an event that is not an object'],
    ['x'.repeat(1001), 'an event without an end'],
  ])('refuses %#', (text, message) => {
    expect(() => new EventLines(1000).push(Buffer.from(text))).toThrow(message);
  });
});
