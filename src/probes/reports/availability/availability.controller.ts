import { Controller, Get, Param, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { ApiEndpoint } from '../../../platform/http/endpoint.decorator.js';
import { envelope } from '../../../platform/http/envelope.js';
import { deviceParams, type DeviceParams } from '../device/device-reports.dto.js';
import { StreamedAnswers } from '../streamed-answer.client.js';
import { timeRange } from '../time-range.js';
import { AVAILABILITY_COLUMNS, csvReport, jsonReport } from './availability-text.js';
import * as dto from './availability.dto.js';
import { AvailabilityReader } from './availability.store.js';

const tag = 'Device states';
const DEFAULT_DAYS = 30;
const CSV_EXAMPLE = [AVAILABILITY_COLUMNS, AVAILABILITY_COLUMNS.map((name) => dto.availabilityRowExample[name])]
  .map((cells) => `${cells.join()}\r\n`)
  .join('');
const description =
  'Out of the recorded changes of state. `percent` is the time up of the time up or down: what is unknown, unreachable behind a parent ' +
  'or excused by maintenance counts neither way and is told apart; without any time up or down it is null.';

/** How long devices were up. */
@Controller('api/v1/devices')
export class AvailabilityController {
  constructor(
    private readonly availability: AvailabilityReader,
    private readonly answers: StreamedAnswers,
  ) {}

  @Get('availability')
  @ApiEndpoint({
    tag,
    summary: 'Availability of many devices',
    description: `${description} Sorted by name and streamed; \`format=csv\` answers with \`text/csv\` of the same columns.`,
    role: 'viewer',
    query: dto.availabilityReportQuery,
    response: z.array(dto.availabilityRowSchema),
    example: [dto.availabilityRowExample],
    otherTypes: { 'text/csv': CSV_EXAMPLE },
    headers: { 'Content-Disposition': { type: 'string', description: 'Of CSV: an attachment with a file name.' } },
    errors: ['too_many_reports'],
    etag: false,
    direct: true,
  })
  async report(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const query = request.query as dto.AvailabilityReportQuery;
    const range = timeRange(query, { now: Date.now(), defaultDays: DEFAULT_DAYS, past: true });
    const rows = this.availability.report(query, range);
    if (query.format === 'json') {
      return this.answers.send(request, reply, 'application/json; charset=utf-8', jsonReport(rows));
    }
    reply.header('content-disposition', 'attachment; filename="availability.csv"');
    return this.answers.send(request, reply, 'text/csv; charset=utf-8; header=present', csvReport(rows));
  }

  @Get(':id/availability')
  @ApiEndpoint({
    tag,
    summary: 'Availability of a device',
    description,
    role: 'viewer',
    params: deviceParams,
    query: dto.availabilityQuery,
    response: dto.availabilitySchema,
    example: dto.availabilityExample,
    errors: ['device_not_found'],
  })
  async one(@Param() { id }: DeviceParams, @Query() query: dto.AvailabilityQuery) {
    const range = timeRange(query, { now: Date.now(), defaultDays: DEFAULT_DAYS, past: true });
    return envelope(await this.availability.one(id, range));
  }
}
