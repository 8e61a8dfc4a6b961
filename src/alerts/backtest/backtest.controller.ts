import { Body, Controller, Get, Param, Post, Query } from '@nestjs/common';
import { ApiEndpoint } from '../../platform/http/endpoint.decorator.js';
import { envelope } from '../../platform/http/envelope.js';
import { validateBody } from '../rules/alert-rules.dto.js';
import {
  backtestBodyExample,
  backtestExample as example,
  backtestParams as params,
  type BacktestParams,
  backtestQuery as query,
  type BacktestQuery,
  backtestSchema as response,
} from './backtest.dto.js';
import { Backtests } from './backtest.service.js';

const tag = 'Alert rules';
const description =
  'Replays the history of the devices that it is about now, at every moment at which a value changed. At most 31 days; loss and round ' +
  'trips of more than 12 hours are read in means of five minutes.';

@Controller('api/v1/alert-rules')
export class BacktestController {
  constructor(private readonly backtests: Backtests) {}

  @Get(':id/backtest')
  @ApiEndpoint({
    tag,
    summary: 'What a rule would have fired',
    description,
    role: 'viewer',
    params,
    query,
    response,
    example,
    errors: ['alert_rule_not_found', 'backtest_without_history', 'backtest_too_large', 'backtest_busy'],
    etag: false,
  })
  async ofRule(@Param() { id }: BacktestParams, @Query() range: BacktestQuery) {
    return envelope(await this.backtests.ofRule(id, range));
  }

  @Post('backtest')
  @ApiEndpoint({
    tag,
    summary: 'What a rule would have fired, before it is made',
    description: `${description} Stores nothing.`,
    role: 'viewer',
    query,
    body: validateBody,
    bodyExample: backtestBodyExample,
    status: 200,
    response,
    example,
    errors: ['invalid_condition', 'invalid_message', 'backtest_without_history', 'backtest_too_large', 'backtest_busy'],
  })
  async ofBody(@Body() body: Record<string, unknown>, @Query() range: BacktestQuery) {
    return envelope(await this.backtests.ofBody(body, range));
  }
}
