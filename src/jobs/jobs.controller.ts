import { Controller, Get, Param } from '@nestjs/common';
import { ApiEndpoint } from '../platform/http/endpoint.decorator.js';
import { envelope } from '../platform/http/envelope.js';
import { ProblemException } from '../platform/http/problem.js';
import { JobReader } from '../platform/queue/job-reader.service.js';
import { jobDocument } from './job-document.js';
import { jobExample, type JobParams, jobParams, jobSchema } from './jobs.dto.js';

/** What became of a job that an endpoint answered with. */
@Controller('api/v1/jobs')
export class JobsController {
  constructor(private readonly jobs: JobReader) {}

  @Get(':id')
  @ApiEndpoint({
    tag: 'Jobs',
    summary: 'One job, with its progress and its result',
    description:
      'Completed jobs are kept for a day at most, failed ones for a week; those of cycles only briefly, since their results are in tables.',
    role: 'viewer',
    params: jobParams,
    response: jobSchema,
    example: jobExample,
    errors: ['job_not_found', 'queue_unavailable'],
  })
  async one(@Param() { id }: JobParams) {
    const job = await this.jobs.find(id);
    if (!job) throw new ProblemException('job_not_found');
    return envelope(jobDocument(job));
  }
}
