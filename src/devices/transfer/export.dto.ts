import { z } from 'zod';
import { devicesQuery, type DevicesQuery } from '../inventory/devices.dto.js';

const {
  limit: _limit,
  cursor: _cursor,
  sort: _sort,
  fields: _fields,
  ...filters
} = (devicesQuery.in as z.ZodObject).shape;

export const exportQuery = z
  .strictObject({ format: z.enum(['csv', 'json']).default('csv'), ...filters })
  .transform((values) => {
    const { format, q, ...rest } = values as Record<string, unknown>;
    return {
      format: format as 'csv' | 'json',
      q: q as string | undefined,
      filters: rest as DevicesQuery['filters'],
    };
  });
export type ExportQuery = z.output<typeof exportQuery>;
