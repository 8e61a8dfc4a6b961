import { Controller, Get } from '@nestjs/common';
import { ApiEndpoint } from '../../../platform/http/endpoint.decorator.js';
import { envelope } from '../../../platform/http/envelope.js';
import { statsSummaryExample, statsSummarySchema } from './stats-summary.dto.js';
import { StatsSummaryReader } from './stats-summary.store.js';

@Controller('api/v1/devices/stats')
export class StatsSummaryController {
  constructor(private readonly summary: StatsSummaryReader) {}

  @Get('summary')
  @ApiEndpoint({
    tag: 'Device states',
    summary: 'How many devices are in which state',
    role: 'viewer',
    response: statsSummarySchema,
    example: statsSummaryExample,
  })
  async read() {
    return envelope(await this.summary.read());
  }
}
