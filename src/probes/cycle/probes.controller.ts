import { Controller, Get, Query } from '@nestjs/common';
import { ApiEndpoint } from '../../platform/http/endpoint.decorator.js';
import { envelope } from '../../platform/http/envelope.js';
import { ProbeReporter } from './probe-reporter.service.js';
import { cycleExample, cycleSchema, cyclesQuery, type CyclesQuery, probesExample, probesSchema } from './probes.dto.js';

const tag = 'Probes';

@Controller('api/v1/probes')
export class ProbesController {
  constructor(private readonly reporter: ProbeReporter) {}

  @Get()
  @ApiEndpoint({
    tag,
    summary: 'How probing goes',
    description: 'Whether the vantage point sees, whether the drivers work, and the last turn of every schedule.',
    role: 'viewer',
    response: probesSchema,
    example: probesExample,
  })
  async probes() {
    return envelope(await this.reporter.report());
  }

  @Get('cycles')
  @ApiEndpoint({
    tag,
    summary: 'Cycles of the last 24 hours',
    description: 'Turns that were done and turns that were missed, the latest first.',
    role: 'viewer',
    query: cyclesQuery,
    response: cycleSchema,
    list: true,
    example: cycleExample,
  })
  cycles(@Query() query: CyclesQuery) {
    return this.reporter.cycles(query);
  }
}
