import { Memory } from './memory.js';

describe('Memory', () => {
  it('keeps what was read, for as long as it was told', () => {
    const memory = new Memory<string>(60_000);
    expect(memory.get()).toBeNull();
    memory.begin()('kept');
    expect(memory.get()).toBe('kept');
    memory.forget();
    expect(memory.get()).toBeNull();
    const short = new Memory<string>(0);
    short.begin()('gone');
    expect(short.get()).toBeNull();
  });

  it('does not keep what was read before it was told to forget', () => {
    const memory = new Memory<string>(60_000);
    const keep = memory.begin();
    memory.forget();
    keep('old');
    expect(memory.get()).toBeNull();
  });
});
