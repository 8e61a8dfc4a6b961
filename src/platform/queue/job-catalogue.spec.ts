import { z } from 'zod';
import { QUEUE_NAMES } from '../config/settings.schema.js';
import { jobCatalogue, type JobDefinition } from './job-catalogue.js';

describe.each(Object.entries(jobCatalogue))('the job %s', (_, definition) => {
  it('is in a queue that there is', () => {
    expect(QUEUE_NAMES).toContain(definition.queue);
  });

  it('is bounded in tries, time and what is kept of it', () => {
    expect(definition.attempts).toBeGreaterThanOrEqual(1);
    expect(definition.attempts).toBeLessThanOrEqual(5);
    expect(definition.timeoutMs).toBeLessThanOrEqual(120_000);
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
