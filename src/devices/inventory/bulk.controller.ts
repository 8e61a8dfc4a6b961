import { Body, Controller, Patch, Post, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { ApiEndpoint } from '../../platform/http/endpoint.decorator.js';
import { envelope } from '../../platform/http/envelope.js';
import {
  type BulkBody,
  bulkBody,
  bulkDeletionExample,
  bulkDeletionSchema,
  type BulkPatchBody,
  bulkPatchBody,
  bulkResultExample,
  bulkResultSchema,
} from './bulk.dto.js';
import { BulkDevices } from './bulk.service.js';

const selector = { tags: ['core'] };
const changing = {
  tag: 'Devices',
  role: 'admin',
  status: 200,
  response: bulkResultSchema,
  example: bulkResultExample,
} as const;

@Controller('api/v1/devices/bulk')
export class BulkController {
  constructor(private readonly devices: BulkDevices) {}

  @Patch()
  @ApiEndpoint({
    ...changing,
    summary: 'Change many devices',
    description: 'All or none. `dry_run` shows the differences and changes nothing; it makes every check all the same.',
    body: bulkPatchBody,
    bodyExample: { selector, patch: { location: 'Rack 4' }, dry_run: true },
    errors: ['parent_cycle', 'interval_unachievable', 'inventory_busy'],
  })
  async patch(@Body() body: BulkPatchBody, @Req() request: FastifyRequest) {
    return envelope(await this.devices.patch(body, request));
  }

  @Post('enable')
  @ApiEndpoint({
    ...changing,
    summary: 'Enable many devices',
    body: bulkBody,
    bodyExample: { selector },
    errors: ['interval_unachievable', 'inventory_busy'],
  })
  async enable(@Body() body: BulkBody, @Req() request: FastifyRequest) {
    return envelope(await this.devices.patch({ ...body, patch: { enabled: true } }, request));
  }

  @Post('disable')
  @ApiEndpoint({
    ...changing,
    summary: 'Disable many devices',
    description: 'They stay in the inventory and are not probed.',
    body: bulkBody,
    bodyExample: { selector },
    errors: ['inventory_busy'],
  })
  async disable(@Body() body: BulkBody, @Req() request: FastifyRequest) {
    return envelope(await this.devices.patch({ ...body, patch: { enabled: false } }, request));
  }

  @Post('delete')
  @ApiEndpoint({
    tag: 'Devices',
    summary: 'Remove many devices',
    description: '`dry_run` shows which, and removes none.',
    role: 'admin',
    body: bulkBody,
    bodyExample: { selector, dry_run: true },
    response: bulkDeletionSchema,
    example: bulkDeletionExample,
    errors: ['inventory_busy'],
  })
  async remove(@Body() body: BulkBody, @Req() request: FastifyRequest) {
    return envelope(await this.devices.remove(body, request));
  }
}
