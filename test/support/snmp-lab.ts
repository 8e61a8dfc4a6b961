import { randomUUID } from 'node:crypto';
import type { DataSource } from 'typeorm';
import type { SnmpCredential } from '../../src/devices/credential.js';
import type { CredentialVault } from '../../src/devices/items/credential-vault.store.js';
import { readSettings } from '../../src/platform/config/read-settings.js';
import { AdvisoryLock } from '../../src/platform/database/advisory-lock.store.js';
import { slotOf } from '../../src/platform/queue/cycle-slot.js';
import { CycleStore } from '../../src/platform/queue/cycle.store.js';
import { AddressResolver } from '../../src/probes/drivers/address-resolver.client.js';
import { Partitions } from '../../src/probes/history/partitions.store.js';
import { ItemReader } from '../../src/probes/snmp/item-reader.service.js';
import { NetSnmpAgent } from '../../src/probes/snmp/net-snmp.client.js';
import { SnmpAgent } from '../../src/probes/snmp/snmp-agent.port.js';
import { SnmpCommitStore } from '../../src/probes/snmp/snmp-commit.store.js';
import { SnmpItemsStore } from '../../src/probes/snmp/snmp-items.store.js';
import { type PollOutcome, SnmpPoller } from '../../src/probes/snmp/snmp-poller.service.js';

/** A row of `snmp_item_state`. */
export interface ItemState {
  at: Date | null;
  value: number | null;
  text_value: string | null;
  uptime_ticks: string | null;
  error: string | null;
  error_detail: string | null;
  error_since: Date | null;
}

interface ItemSeed {
  name: string;
  oid: string;
  value_type?: 'number' | 'text';
  transform?: 'none' | 'rate';
  interval_seconds?: number;
}

/** Polls as a worker does it, without the queue. Credentials are in memory. */
export class SnmpLab {
  readonly items: SnmpItemsStore;
  private readonly credentials = new Map<string, SnmpCredential>();
  private readonly poller: SnmpPoller;
  /** Of the turns: in the past, so that each poll has one of its own. */
  private turn = -1_000;

  constructor(
    readonly database: DataSource,
    agent: SnmpAgent = new NetSnmpAgent(),
  ) {
    const cycles = new CycleStore(database);
    const vault = {
      reveal: async (ids: string[]) => new Map(ids.flatMap((id) => entry(id, this.credentials.get(id)))),
    } as CredentialVault;
    this.items = new SnmpItemsStore(database, readSettings({}));
    const reader = new ItemReader(agent, vault, new AddressResolver());
    this.poller = new SnmpPoller(this.items, reader, new SnmpCommitStore(database), new AdvisoryLock(database), cycles);
  }

  async prepare(): Promise<void> {
    await new Partitions(this.database).ensure(new Date());
  }

  /** @returns its id */
  async credential(credential: SnmpCredential): Promise<string> {
    const id = randomUUID();
    this.credentials.set(id, credential);
    await this.database.query(`INSERT INTO secret_keys (id, verifier) VALUES ('k', '') ON CONFLICT DO NOTHING`);
    await this.database.query(
      `INSERT INTO credentials (id, name, kind, key_id, sealed) VALUES ($1, $1::uuid::text, $2, 'k', '')`,
      [id, credential.kind],
    );
    return id;
  }

  /** Another secret under the same id. */
  change(id: string, credential: SnmpCredential): void {
    this.credentials.set(id, credential);
  }

  /** @returns its id */
  async device(device: { name: string; ip?: string; port: number; credential: string }): Promise<string> {
    const [row] = await this.database.query<[{ id: string }]>(
      `INSERT INTO devices (name, ip, snmp_port, snmp_credential_id, duplicate_allowed, profile_id)
       VALUES ($1, $2, $3, $4, true, (SELECT id FROM profiles WHERE is_default)) RETURNING id`,
      [device.name, device.ip ?? '127.0.0.1', device.port, device.credential],
    );
    return row.id;
  }

  async item(deviceId: string, item: ItemSeed): Promise<void> {
    const { name, oid, value_type = 'number', transform = 'none', interval_seconds = null } = item;
    await this.database.query(
      `INSERT INTO monitoring_items (device_id, name, oid, value_type, transform, interval_seconds) VALUES ($1, $2, $3, $4, $5, $6)`,
      [deviceId, name, oid, value_type, transform, interval_seconds],
    );
  }

  /** One turn of shard 0. */
  poll(intervalSeconds = 60, signal = new AbortController().signal): Promise<PollOutcome> {
    const slot = slotOf(`snmp-${intervalSeconds}`, 0, new Date(), intervalSeconds);
    // A turn that is due now, but another one each time.
    slot.dueAt = new Date(Date.now() + this.turn++);
    return this.poller.poll({ intervalSeconds, shard: 0 }, { slot, signal });
  }

  /** The same at a given time. */
  pollAt(dueAt: Date, intervalSeconds = 60): Promise<PollOutcome> {
    const slot = { ...slotOf(`snmp-${intervalSeconds}`, 0, dueAt, intervalSeconds), dueAt };
    return this.poller.poll({ intervalSeconds, shard: 0 }, { slot, signal: new AbortController().signal });
  }

  /** By the names of the items. */
  async states(): Promise<Record<string, ItemState>> {
    const rows = await this.database.query<(ItemState & { name: string })[]>(
      'SELECT i.name, s.* FROM monitoring_items i JOIN snmp_item_state s ON s.item_num = i.num',
    );
    return Object.fromEntries(rows.map(({ name, ...state }) => [name, state]));
  }

  history(name: string): Promise<{ value: number | null; status: number }[]> {
    return this.database.query(
      'SELECT r.value, r.status FROM snmp_results r JOIN monitoring_items i ON i.num = r.item_num WHERE i.name = $1 ORDER BY r.ts',
      [name],
    );
  }
}

function entry(id: string, credential: SnmpCredential | undefined): [string, SnmpCredential][] {
  return credential ? [[id, credential]] : [];
}
