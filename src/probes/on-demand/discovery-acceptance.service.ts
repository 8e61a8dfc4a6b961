import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { readNewDevice } from '../../devices/inventory/device-rules.js';
import { Devices } from '../../devices/inventory/devices.service.js';
import { ProblemException } from '../../platform/http/problem.js';
import { JobReader } from '../../platform/queue/job-reader.service.js';
import { AuditLog } from '../../platform/security/audit-log.service.js';
import { discoveryResultSchema, type FoundAddress } from './discovery-result.js';
import type { AcceptBody, AcceptedDto } from './discovery.dto.js';
import { KnownDevices } from './known-devices.store.js';

type Accepted = AcceptedDto['results'][number];

/** The yes without which nothing that a scan found is added to the inventory. */
@Injectable()
export class DiscoveryAcceptance {
  constructor(
    private readonly reader: JobReader,
    private readonly devices: Devices,
    private readonly known: KnownDevices,
    private readonly audit: AuditLog,
  ) {}

  /**
   * Makes devices of addresses that a scan found, one by one: one that is refused does not hold up the others.
   * @throws ProblemException `discovery_not_found`, `discovery_not_finished`
   */
  async accept(jobId: string, body: AcceptBody, request: FastifyRequest): Promise<AcceptedDto> {
    const found = await this.foundBy(jobId);
    const results: Accepted[] = [];
    for (const address of new Set(body.addresses)) {
      const seen = found.get(address);
      results.push(
        seen
          ? await this.add(seen, body, request)
          : { address, status: 'not_found', device: null, message: 'The scan did not find this address.' },
      );
    }
    const created = results.filter(({ status }) => status === 'created').length;
    await this.audit.record({
      request,
      action: 'discovery.accepted',
      subjectType: 'discovery',
      subjectId: jobId,
      after: { asked: results.length, created },
    });
    return { created, results };
  }

  private async foundBy(jobId: string): Promise<Map<string, FoundAddress>> {
    const job = await this.reader.find(jobId);
    if (job?.name !== 'discovery.scan') throw new ProblemException('discovery_not_found');
    const result = discoveryResultSchema.safeParse(job.result);
    if (job.state !== 'completed' || !result.success) throw new ProblemException('discovery_not_finished');
    return new Map(result.data.found.map((one) => [one.address, one]));
  }

  private async add(found: FoundAddress, body: AcceptBody, request: FastifyRequest): Promise<Accepted> {
    const { address, hostname, snmp_name } = found;
    const read = readNewDevice({
      name: body.name_from === 'address' ? address : (hostname ?? snmp_name ?? address),
      ip: address,
      hostname,
      site: body.site ?? null,
      profile: body.profile ?? null,
      tags: body.tags,
      discovered_at: new Date().toISOString(),
    });
    if ('errors' in read) {
      const message = read.errors.map(({ path, message: why }) => `${path}: ${why}`).join(' ');
      return { address, status: 'refused', device: null, message };
    }
    try {
      const { id, name } = await this.devices.create(read.device, request);
      return { address, status: 'created', device: { id, name }, message: null };
    } catch (error) {
      if (!(error instanceof ProblemException)) throw error;
      if (error.code !== 'duplicate_address')
        return { address, status: 'refused', device: null, message: error.message };
      const device = (await this.known.byAddress([address])).get(address) ?? null;
      const who = device ? `The device ${device.name}` : 'Another device';
      return { address, status: 'duplicate', device, message: `${who} has this address already.` };
    }
  }
}
