import { randomUUID } from 'node:crypto';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { DataSource, type EntityManager } from 'typeorm';
import { isViolation } from '../../platform/database/violation.js';
import { EventBus } from '../../platform/events/event-bus.store.js';
import type { Page } from '../../platform/http/envelope.js';
import { invalid, ProblemException } from '../../platform/http/problem.js';
import { AuditLog } from '../../platform/security/audit-log.service.js';
import { SecretBox } from '../../platform/security/secret-box.service.js';
import type { OutboundPolicy } from '../outbound/outbound-guard.js';
import { CancelDeliveries } from './cancel-deliveries.store.js';
import type { ChannelKind } from './channel-driver.port.js';
import type { ChangeChannelBody, ChannelDto, ChannelsQuery, CreateChannelBody } from './channels.dto.js';
import { type ChannelRow, ChannelRows } from './channels.store.js';
import { changedConfig, partConfig, strayingPaths } from './config/config-secrets.js';
import { readConfig, receiverRefusal } from './config/read-config.js';
import { sealedChannels } from './sealed-channels.js';
import { TestDeliveries } from './test-deliveries.store.js';

type Config = Record<string, unknown>;

/** Token of what the settings say of where notifications may go. */
export const OUTBOUND_POLICY = Symbol('OutboundPolicy');
const MAX_CHANNELS = 200;
const NAMED_USERS = 10;

/** Administration of channels. What is secret goes in and never comes out. */
@Injectable()
export class Channels {
  private readonly log = new Logger('Channels');

  constructor(
    private readonly database: DataSource,
    private readonly rows: ChannelRows,
    private readonly box: SecretBox,
    private readonly audit: AuditLog,
    private readonly events: EventBus,
    private readonly tests: TestDeliveries,
    private readonly cancel: CancelDeliveries,
    @Inject(OUTBOUND_POLICY) private readonly policy: OutboundPolicy,
  ) {}

  list(query: ChannelsQuery, request: FastifyRequest): Promise<Page<unknown>> {
    return this.rows.list(query, (row) => present(row, request));
  }

  /** @throws ProblemException `channel_not_found` */
  async one(id: string, request: FastifyRequest): Promise<ChannelDto> {
    return present(found(await this.rows.one(id)), request);
  }

  /** @throws ProblemException `validation_failed`, `outbound_refused`, `name_taken`, `too_many_channels`, `secrets_key_missing` */
  create({ config: given, ...body }: CreateChannelBody, request: FastifyRequest): Promise<ChannelDto> {
    const { shown, secrets } = partConfig(body.kind, this.accepted(body.kind, given));
    const id = randomUUID();
    return this.writing(body.name, async (manager) => {
      const sealed = await this.seal(id, secrets, manager);
      await this.rows.insert({ ...body, id, config: shown, sealed }, manager);
      if ((await this.rows.count(manager)) > MAX_CHANNELS) throw new ProblemException('too_many_channels');
      return this.changed('created', id, null, request, manager);
    });
  }

  /** @throws ProblemException `channel_not_found`, `validation_failed`, `outbound_refused`, `name_taken`, `conflict`, `secrets_key_missing` */
  change(id: string, { config: given, ...body }: ChangeChannelBody, request: FastifyRequest): Promise<ChannelDto> {
    return this.writing(body.name, async (manager) => {
      const seen = found(await this.rows.one(id, manager));
      const parts = given && partConfig(seen.kind, await this.merged(seen, given, manager));
      // Before the row is locked: a change of keys takes the locks in this order as well.
      const sealed = parts && (await this.seal(id, parts.secrets, manager));
      const before = found(await this.rows.lock(id, 'change', manager));
      if (parts && before.updated_at.getTime() !== seen.updated_at.getTime()) throw new ProblemException('conflict');
      await this.rows.update(id, { ...body, config: parts?.shown, sealed }, manager);
      return this.changed('updated', id, before, request, manager);
    });
  }

  /** @throws ProblemException `channel_not_found` */
  test(id: string, request: FastifyRequest): Promise<{ delivery_id: string }> {
    return this.database.transaction(async (manager) => {
      const delivery = await this.tests.request(id, request.caller?.name ?? null, manager);
      if (delivery === null) throw new ProblemException('channel_not_found');
      const after = { delivery_id: delivery };
      await this.audit.record(
        { request, action: 'channel.tested', subjectType: 'channel', subjectId: id, after },
        manager,
      );
      return after;
    });
  }

  /** @throws ProblemException `channel_not_found`, `channel_in_use` */
  async remove(id: string, request: FastifyRequest): Promise<void> {
    await this.database.transaction(async (manager) => {
      const before = found(await this.rows.lock(id, 'deletion', manager));
      const users = await this.rows.users(id, NAMED_USERS + 1, manager);
      if (users.length > 0) throw new ProblemException('channel_in_use', { detail: namedUsers(users) });
      await this.cancel.ofChannel(id, manager);
      await this.rows.remove(id, manager);
      await this.audit.record(
        { request, action: 'channel.deleted', subjectType: 'channel', subjectId: id, before: audited(before) },
        manager,
      );
      await this.events.publish({ kind: 'channels_changed' }, manager);
    });
  }

  private async changed(
    what: 'created' | 'updated',
    id: string,
    before: ChannelRow | null,
    request: FastifyRequest,
    manager: EntityManager,
  ): Promise<ChannelDto> {
    const after = found(await this.rows.one(id, manager));
    await this.audit.record(
      {
        request,
        action: `channel.${what}`,
        subjectType: 'channel',
        subjectId: id,
        before: before && audited(before),
        after: audited(after),
      },
      manager,
    );
    await this.events.publish({ kind: 'channels_changed' }, manager);
    return present(after, request);
  }

  /** @throws ProblemException `validation_failed`, `outbound_refused` */
  private async merged({ id, kind, config }: ChannelRow, given: Config, manager: EntityManager): Promise<Config> {
    const stored = { ...config, ...(await this.secretsOf(id, kind, config, manager)) };
    const merged = this.accepted(kind, changedConfig(kind, stored, given));
    const straying = strayingPaths(kind, stored, merged, given).map((path) => ({
      path,
      message: 'Give it again: it would go to another receiver, or on another way, than the one it was given for.',
    }));
    if (straying.length > 0) throw invalid(straying);
    return merged;
  }

  /** What does not open has to be given again. */
  private async secretsOf(id: string, kind: ChannelKind, config: Config, manager: EntityManager): Promise<Config> {
    const sealed = (await this.rows.sealed(id, manager))!;
    try {
      return JSON.parse(await this.box.open(sealed, sealedChannels.context(id))) as Config;
    } catch (error) {
      this.log.error(`The secrets of the channel ${id} do not open: ${(error as Error).message}`);
      return Object.fromEntries(Object.keys(partConfig(kind, config).secrets).map((field) => [field, undefined]));
    }
  }

  private accepted(kind: ChannelKind, given: Config): Config {
    const result = readConfig(kind, given);
    if ('errors' in result) throw invalid(result.errors);
    const refusal = receiverRefusal(kind, result.config, this.policy);
    if (refusal) {
      throw new ProblemException('outbound_refused', {
        detail: `${refusal.path}: ${refusal.message}`,
        errors: [refusal],
      });
    }
    return result.config;
  }

  private seal(id: string, secrets: Config, manager: EntityManager) {
    return this.box.seal(JSON.stringify(secrets), sealedChannels.context(id), manager);
  }

  private async writing<T>(name: string | undefined, work: (manager: EntityManager) => Promise<T>): Promise<T> {
    try {
      return await this.database.transaction(work);
    } catch (error) {
      if (!isViolation(error, 'unique')) throw error;
      const detail = `Another channel has the name "${name}". Choose another one.`;
      throw new ProblemException('name_taken', { detail, cause: error });
    }
  }
}

function found(row: ChannelRow | undefined): ChannelRow {
  if (!row) throw new ProblemException('channel_not_found');
  return row;
}

function namedUsers(users: string[]): string {
  const named = users.slice(0, NAMED_USERS).join(', ');
  return `It is named by ${named}${users.length > NAMED_USERS ? ' and more' : ''}. Give them other channels first.`;
}

function audited({ name, kind, config, enabled, is_default }: ChannelRow) {
  return { name, kind, config, enabled, is_default };
}

function present(row: ChannelRow, request: FastifyRequest): ChannelDto {
  return {
    id: row.id,
    name: row.name,
    kind: row.kind,
    config: request.caller?.role === 'admin' ? row.config : null,
    enabled: row.enabled,
    is_default: row.is_default,
    last_delivered_at: row.last_delivered_at?.toISOString() ?? null,
    last_failed_at: row.last_failed_at?.toISOString() ?? null,
    last_error: row.last_error,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  };
}
