import type { z } from 'zod';
import { healthExample, healthSchema } from '../../src/health/health.dto.js';
import * as dto from '../../src/swarm/api/swarm.dto.js';
import * as example from '../../src/swarm/api/swarm.examples.js';

describe('documented examples', () => {
  it.each<[string, z.ZodType, unknown]>([
    ['status', dto.statusSchema, example.status],
    ['cache', dto.cacheSchema, example.cache],
    ['node', dto.nodeSchema, example.node],
    ['service', dto.serviceSchema, example.service],
    ['task', dto.taskSchema, example.task],
    ['problem', dto.problemSchema, example.problem],
    ['refresh', dto.refreshSchema, example.refresh],
    ['health', healthSchema, healthExample],
  ])('%s fits its schema', (_, schema, value) => {
    expect(schema.safeParse(value).error?.issues).toBeUndefined();
  });
});
