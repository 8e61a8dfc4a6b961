import { OutageLog } from './outage-log.js';

const at = (seconds: number) => new Date(seconds * 1_000);

describe('OutageLog', () => {
  const lines: string[] = [];
  const sink = { warn: (line: string) => void lines.push(line), log: (line: string) => void lines.push(line) };
  beforeEach(() => void (lines.length = 0));

  it('says nothing while all is well', () => {
    new OutageLog('The job queue', sink).succeeded(at(0));
    expect(lines).toEqual([]);
  });

  it('says once that it is away and once that it is back', () => {
    const outage = new OutageLog('The job queue', sink);
    outage.failed(new Error('connect ECONNREFUSED'), at(10));
    outage.failed(new Error('connect ECONNREFUSED'), at(11));
    expect(outage.isOut).toBe(true);
    outage.succeeded(at(72));
    outage.succeeded(at(73));
    expect(outage.isOut).toBe(false);
    expect(lines).toEqual([
      'The job queue is not available (connect ECONNREFUSED); it is tried again until it is',
      'The job queue is available again after 62 s',
    ]);
  });

  it('names the cause inside an AggregateError, whose own message is empty', () => {
    new OutageLog('Redis', sink).failed(new AggregateError([new Error('connect ECONNREFUSED ::1')]), at(0));
    expect(lines[0]).toContain('connect ECONNREFUSED ::1');
  });
});
