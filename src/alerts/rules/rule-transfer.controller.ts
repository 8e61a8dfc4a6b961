import { Body, Controller, Get, Post, Query, Req } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiEndpoint } from '../../platform/http/endpoint.decorator.js';
import { envelope } from '../../platform/http/envelope.js';
import type { YamlBody } from '../../platform/http/yaml-body.js';
import {
  exportExample,
  exportQuery,
  type ExportQuery,
  exportSchema,
  importBody,
  type ImportBody,
  importExample,
  importQuery,
  type ImportQuery,
  importSchema,
  yamlExample,
} from './rule-transfer.dto.js';
import { RuleTransfer } from './rule-transfer.service.js';

const tag = 'Alert rules';

@Controller('api/v1/alert-rules')
export class RuleTransferController {
  constructor(private readonly transfer: RuleTransfer) {}

  @Get('export')
  @ApiEndpoint({
    tag,
    summary: 'Export alert rules',
    description:
      'A file that imports again: YAML, or with `format=json` JSON. In the order of their names; sites, groups, profiles, templates and ' +
      'channels by name, devices by name where only one has it.',
    role: 'viewer',
    query: exportQuery,
    response: exportSchema,
    bare: true,
    example: exportExample,
    otherTypes: { 'application/yaml': yamlExample },
    headers: { 'Content-Disposition': { type: 'string', description: 'An attachment with the name of the file.' } },
    etag: false,
    direct: true,
    errors: ['alert_rule_not_found'],
  })
  async export(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const query = request.query as ExportQuery;
    const file = await this.transfer.file(query);
    return reply
      .header('content-type', `application/${query.format}; charset=utf-8`)
      .header('content-disposition', `attachment; filename="alert-rules.${query.format}"`)
      .header('cache-control', 'no-store')
      .send(file);
  }

  @Post('import')
  @ApiEndpoint({
    tag,
    summary: 'Import alert rules',
    description:
      'Takes `application/yaml` or JSON, up to 1 MiB and 2,000 rules, each with the fields of a new rule. Rules are known by their names. ' +
      'YAML may not have aliases, tags of its own or repeated keys.',
    role: 'admin',
    query: importQuery,
    body: importBody,
    bodyExample: exportExample,
    yamlExample,
    status: 200,
    response: importSchema,
    example: importExample,
    errors: ['malformed_yaml', 'import_rolled_back', 'too_many_alert_rules', 'inventory_busy'],
  })
  async import(@Body() body: YamlBody | ImportBody, @Query() query: ImportQuery, @Req() request: FastifyRequest) {
    return envelope(await this.transfer.import(body, query, request));
  }
}
