import { z } from 'zod';
import { QUEUE_NAMES } from '../config/settings.schema.js';
import { jobCatalogue, type JobDefinition } from './job-catalogue.js';

/** Their runners keep to the interval, which may be a day long. */
const CYCLES = ['ping.cycle', 'checks.cycle', 'snmp.poll'];
const DAY_MS = 86_400_000;
const HALF_HOUR_MS = 1_800_000;

describe.each(Object.entries(jobCatalogue))('the job %s', (name, definition) => {
  it('is in a queue that there is', () => {
    expect(QUEUE_NAMES).toContain(definition.queue);
  });

  it('is bounded in tries, time and what is kept of it', () => {
    expect(definition.attempts).toBeGreaterThanOrEqual(1);
    expect(definition.attempts).toBeLessThanOrEqual(5);
    expect(definition.timeoutMs).toBeLessThanOrEqual(CYCLES.includes(name) ? DAY_MS : HALF_HOUR_MS);
    expect(definition.keep.completed.count).toBeLessThanOrEqual(10_000);
    expect(definition.keep.failed.count).toBeLessThanOrEqual(10_000);
  });

  it('pauses between its tries', () => {
    const { backoffMs = 0 } = definition as JobDefinition;
    expect(backoffMs > 0).toBe(definition.attempts > 1);
  });

  it('refuses payloads with more than it knows', () => {
    expect(z.toJSONSchema(definition.payload)).toMatchObject({ additionalProperties: false });
  });
});
