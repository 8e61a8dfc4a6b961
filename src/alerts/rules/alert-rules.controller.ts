import { Body, Controller, Delete, Get, Param, Patch, Post, Query, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { ApiEndpoint } from '../../platform/http/endpoint.decorator.js';
import { envelope } from '../../platform/http/envelope.js';
import {
  changeExample,
  metricsExample,
  metricsSchema,
  ruleBodyExample,
  ruleDetailExample as example,
  ruleDetailSchema as response,
  ruleExample,
  ruleParams as params,
  type RuleParams,
  ruleSchema,
  rulesQuery,
  type RulesQuery,
  validateBody,
  validationExample,
  validationSchema,
} from './alert-rules.dto.js';
import { AlertRules } from './alert-rules.service.js';
import { changeRuleBody, createRuleBody, type CreateRuleBody, type RuleChanges } from './rule-fields.js';
import { RuleValidation } from './rule-validation.service.js';

const tag = 'Alert rules';

@Controller('api/v1/alert-rules')
export class AlertRulesController {
  constructor(
    private readonly rules: AlertRules,
    private readonly validation: RuleValidation,
  ) {}

  @Get()
  @ApiEndpoint({
    tag,
    summary: 'Alert rules',
    role: 'viewer',
    query: rulesQuery,
    response: ruleSchema,
    list: true,
    example: ruleExample,
  })
  list(@Query() query: RulesQuery) {
    return this.rules.list(query);
  }

  @Get('metrics')
  @ApiEndpoint({
    tag,
    summary: 'What conditions may ask for',
    role: 'viewer',
    response: metricsSchema,
    example: metricsExample,
  })
  metrics() {
    return envelope(this.validation.metrics());
  }

  @Post('validate')
  @ApiEndpoint({
    tag,
    summary: 'What a rule would mean',
    description: 'Stores nothing. A rule that is wrong is answered with what is wrong, and where.',
    role: 'viewer',
    body: validateBody,
    bodyExample: { expression: 'icmp.rtt > 100' },
    status: 200,
    response: validationSchema,
    example: validationExample,
  })
  async validate(@Body() body: Record<string, unknown>) {
    return envelope(await this.validation.validate(body));
  }

  @Get(':id')
  @ApiEndpoint({
    tag,
    summary: 'One alert rule',
    role: 'viewer',
    params,
    response,
    example,
    errors: ['alert_rule_not_found'],
  })
  async one(@Param() { id }: RuleParams) {
    return envelope(await this.rules.one(id));
  }

  @Post()
  @ApiEndpoint({
    tag,
    summary: 'Make an alert rule',
    description:
      'Give the condition as text, `expression`, or as a tree, `condition`; it is answered as both. Expressions of the old system are ' +
      'translated. It is evaluated from the next pass on.',
    role: 'admin',
    body: createRuleBody,
    bodyExample: ruleBodyExample,
    status: 201,
    response,
    example,
    errors: ['invalid_condition', 'invalid_message', 'name_taken', 'too_many_alert_rules', 'inventory_busy'],
  })
  async create(@Body() body: CreateRuleBody, @Req() request: FastifyRequest) {
    return envelope(await this.rules.create(body, request));
  }

  @Patch(':id')
  @ApiEndpoint({
    tag,
    summary: 'Change an alert rule',
    description:
      '`recovery`, `labels`, `channels` and `group_by` take the place of what was there. A rule that broke is whole again when its ' +
      'condition is mended, or it is switched on.',
    role: 'admin',
    params,
    body: changeRuleBody,
    bodyExample: changeExample,
    response,
    example,
    errors: ['alert_rule_not_found', 'invalid_condition', 'invalid_message', 'name_taken', 'inventory_busy'],
  })
  async change(@Param() { id }: RuleParams, @Body() body: RuleChanges, @Req() request: FastifyRequest) {
    return envelope(await this.rules.change(id, body, request));
  }

  @Delete(':id')
  @ApiEndpoint({
    tag,
    summary: 'Delete an alert rule',
    description: 'Its open alerts are resolved, and who was told of them is told so.',
    role: 'admin',
    params,
    response: null,
    errors: ['alert_rule_not_found', 'inventory_busy'],
  })
  async remove(@Param() { id }: RuleParams, @Req() request: FastifyRequest) {
    await this.rules.remove(id, request);
  }
}
