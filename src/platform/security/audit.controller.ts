import { Controller, Get, Query } from '@nestjs/common';
import { ApiEndpoint } from '../http/endpoint.decorator.js';
import { AuditReader } from './audit-reader.service.js';
import { auditEntrySchema, auditExample, auditQuery, type AuditQuery } from './audit.dto.js';

@Controller('api/v1/audit')
export class AuditController {
  constructor(private readonly reader: AuditReader) {}

  @Get()
  @ApiEndpoint({
    tag: 'Audit',
    summary: 'Who changed what',
    description: 'Entries are kept for 365 days.',
    role: 'admin',
    query: auditQuery,
    response: auditEntrySchema,
    list: true,
    example: auditExample,
  })
  list(@Query() query: AuditQuery) {
    return this.reader.list(query);
  }
}
