import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiEndpoint } from '../../platform/http/endpoint.decorator.js';
import * as dto from './snmp-values.dto.js';
import { SnmpValues } from './snmp-values.store.js';

const tag = 'SNMP values';

@Controller('api/v1')
export class SnmpValuesController {
  constructor(private readonly values: SnmpValues) {}

  @Get('snmp/values')
  @ApiEndpoint({
    tag,
    summary: 'Latest values of monitoring items',
    description:
      'Of every enabled item of every enabled device, those that were never polled as well. While polls fail, the last value stays, ' +
      'with its own time beside the error.',
    role: 'viewer',
    query: dto.snmpValuesQuery,
    response: dto.snmpValueSchema,
    list: true,
    example: dto.snmpValueExample,
  })
  latest(@Query() query: dto.SnmpValuesQuery) {
    return this.values.latest(query);
  }

  @Get('items/:id/history')
  @ApiEndpoint({
    tag,
    summary: 'Values of a monitoring item over time',
    description:
      'Of the last day, unless `from` or `to` say otherwise, newest first. Kept for `SWARMWARD_PING_RETENTION_DAYS`. ' +
      'Of an item of text only the polls that failed are kept.',
    role: 'viewer',
    params: dto.itemParams,
    query: dto.itemHistoryQuery,
    response: dto.itemHistorySchema,
    list: true,
    example: dto.itemHistoryExample,
    errors: ['item_not_found'],
  })
  history(@Param() { id }: dto.ItemParams, @Query() query: dto.ItemHistoryQuery) {
    return this.values.history(id, query, Date.now());
  }
}
