import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { DataSource } from 'typeorm';
import { ProblemException } from '../../platform/http/problem.js';
import { type Enqueued, JobProducer } from '../../platform/queue/job-producer.service.js';
import { JobReader } from '../../platform/queue/job-reader.service.js';
import { AuditLog } from '../../platform/security/audit-log.service.js';
import { CredentialNames } from './credential-names.store.js';
import type { StartDiscoveryBody } from './discovery.dto.js';
import { scanRange } from './scan-range.js';

/** Scans that may wait or run at once. */
const MAX_SCANS = 3;
const RETRY_AFTER_SECONDS = '30';

/** Asks for scans of subnets, one a subnet at a time and a few in all. */
@Injectable()
export class DiscoveryRequests {
  constructor(
    private readonly database: DataSource,
    private readonly jobs: JobProducer,
    private readonly reader: JobReader,
    private readonly credentials: CredentialNames,
    private readonly audit: AuditLog,
  ) {}

  /**
   * Enqueues a scan, or joins the one of this subnet that waits or runs, with whatever ports that one tries.
   * @throws ProblemException `access_denied`, `validation_failed`, `too_many_discoveries`
   */
  async start({ cidr, ports, snmp_credential }: StartDiscoveryBody, request: FastifyRequest): Promise<Enqueued> {
    // A community goes over the network as it is: who may name its receivers could read it.
    if (snmp_credential && request.caller?.role !== 'admin') {
      throw new ProblemException('access_denied', { detail: 'Access denied. Admin privileges required.' });
    }
    const range = scanRange(cidr);
    if ('refused' in range) throw invalid('cidr', range.refused);
    const snmpCredentialId = snmp_credential ? await this.credentials.idOf(snmp_credential) : null;
    if (snmp_credential && snmpCredentialId === null) throw invalid('snmp_credential', 'There is no such credential.');
    const payload = { cidr: range.cidr, ports: [...new Set(ports)], snmpCredentialId };
    const audited = { cidr: range.cidr, ports: payload.ports, snmp_credential_id: snmpCredentialId };
    return this.database.transaction(async (manager) => {
      // One request after the other, or two would both find room for one.
      await manager.query(`SELECT pg_advisory_xact_lock(hashtextextended('discovery-requests', 0))`);
      const unfinished = await this.reader.unfinished('discovery.scan');
      const isThere = unfinished.some(({ payload: other }) => (other as { cidr?: unknown }).cidr === range.cidr);
      if (!isThere && unfinished.length >= MAX_SCANS) {
        throw new ProblemException('too_many_discoveries', { headers: { 'retry-after': RETRY_AFTER_SECONDS } });
      }
      const enqueued = await this.jobs.enqueue('discovery.scan', payload, { dedupe: `discovery.scan:${range.cidr}` });
      await this.audit.record(
        {
          request,
          action: 'discovery.requested',
          subjectType: 'discovery',
          subjectId: enqueued.jobId,
          after: { ...audited, job_id: enqueued.jobId },
        },
        manager,
      );
      return enqueued;
    });
  }
}

function invalid(path: string, message: string): ProblemException {
  return new ProblemException('validation_failed', { errors: [{ path, message }] });
}
