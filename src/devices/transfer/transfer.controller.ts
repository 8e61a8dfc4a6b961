import { Body, Controller, Get, Post, Query, Req } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { CsvBody } from '../../platform/http/csv-body.js';
import { ApiEndpoint } from '../../platform/http/endpoint.decorator.js';
import { envelope } from '../../platform/http/envelope.js';
import { DeviceExport } from './device-export.service.js';
import { DeviceImport } from './device-import.service.js';
import { exportCsvExample, exportExample, exportQuery, type ExportQuery, exportSchema } from './export.dto.js';
import {
  importBody,
  type ImportBody,
  importExample,
  importQuery,
  type ImportQuery,
  importSchema,
} from './import.dto.js';

const MAX_IMPORT_BYTES = 32 * 1024 * 1024;
const tag = 'Devices';

@Controller('api/v1/devices')
export class TransferController {
  constructor(
    private readonly imports: DeviceImport,
    private readonly exports: DeviceExport,
  ) {}

  @Post('import')
  @ApiEndpoint({
    tag,
    summary: 'Import devices',
    description:
      'Takes `text/csv` (UTF-8, a header row, `,` or `;`) or JSON, up to 32 MiB and 100,000 rows. Columns are the fields of a device and ' +
      '`custom_fields.<name>`; an empty cell says nothing; several tags are separated by `;` or `|`. Sites, profiles, credentials and parents ' +
      'go by name or id, parents also by the name of another row, in any order. Good rows are imported and bad ones told, each by itself, ' +
      'unless `atomic=true`.',
    role: 'admin',
    query: importQuery,
    body: importBody,
    bodyExample: { devices: [{ name: 'core-sw-1', ip: '10.0.0.5', tags: ['core'] }] },
    uploadBytes: MAX_IMPORT_BYTES,
    uploadExample: 'name,ip,tags\r\ncore-sw-1,10.0.0.5,core\r\n',
    status: 200,
    response: importSchema,
    example: importExample,
    errors: ['malformed_csv', 'import_rolled_back', 'parent_cycle', 'interval_unachievable', 'inventory_busy'],
  })
  async import(@Body() body: CsvBody | ImportBody, @Query() query: ImportQuery, @Req() request: FastifyRequest) {
    return envelope(await this.imports.run(body, query, request));
  }

  @Get('export')
  @ApiEndpoint({
    tag,
    summary: 'Export devices',
    description:
      'A file that imports again, with the filters of the list. In CSV, cells that a spreadsheet would run begin with an apostrophe, which ' +
      'the import takes off. Credentials are told by name only. With `format=json` it is `{"devices": […]}`.',
    role: 'viewer',
    query: exportQuery,
    response: exportSchema,
    bare: true,
    example: exportExample,
    otherTypes: { 'text/csv': exportCsvExample },
    headers: { 'Content-Disposition': { type: 'string', description: 'An attachment with the name of the file.' } },
    etag: false,
    direct: true,
  })
  async export(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const query = request.query as ExportQuery;
    const file = await this.exports.file(query);
    return reply
      .header(
        'content-type',
        query.format === 'csv' ? 'text/csv; charset=utf-8; header=present' : 'application/json; charset=utf-8',
      )
      .header('content-disposition', `attachment; filename="devices.${query.format}"`)
      .header('cache-control', 'no-store')
      .send(file);
  }
}
