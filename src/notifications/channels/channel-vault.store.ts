import { Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { SecretBox } from '../../platform/security/secret-box.service.js';
import type { ChannelKind, OpenedChannel } from './channel-driver.port.js';
import { sealedChannels } from './sealed-channels.js';

/** A channel as it is kept, for who decides what goes where and sends it. */
export interface KeptChannel {
  id: string;
  name: string;
  kind: ChannelKind;
  enabled: boolean;
  isDefault: boolean;
  /** Null when its secrets do not open, such as sealed with a key that this process does not have. */
  opened: OpenedChannel | null;
  /** Why not. Holds no secret. */
  fault: string | null;
}

interface Row {
  id: string;
  name: string;
  kind: ChannelKind;
  enabled: boolean;
  isDefault: boolean;
  config: Record<string, unknown>;
  keyId: string;
  sealed: Buffer;
}

/** Opens channels, for who sends to them. */
@Injectable()
export class ChannelVault {
  private readonly log = new Logger('ChannelVault');
  /** What was said of each that does not open, so that it is said once. */
  private readonly said = new Map<string, string>();

  constructor(
    private readonly database: DataSource,
    private readonly box: SecretBox,
  ) {}

  /**
   * Costs one query for any number. Keep the result no longer than one round of deliveries.
   * @param ids without them: all there are
   * @returns by id, disabled ones too; one that does not open (logged once) holds up no other
   */
  async open(ids?: readonly string[]): Promise<Map<string, KeptChannel>> {
    if (ids?.length === 0) return new Map();
    const rows = await this.database.query<Row[]>(
      `SELECT id, name, kind, enabled, is_default AS "isDefault", config, key_id AS "keyId", sealed
       FROM channels ${ids ? 'WHERE id = ANY ($1::uuid[])' : ''} ORDER BY name`,
      ids ? [ids] : [],
    );
    const kept = await Promise.all(rows.map((row) => this.reveal(row)));
    for (const channel of kept) this.say(channel);
    const byId = new Map(kept.map((channel) => [channel.id, channel]));
    if (!ids) for (const id of this.said.keys()) if (!byId.has(id)) this.said.delete(id);
    return byId;
  }

  private async reveal({ config, keyId, sealed, ...row }: Row): Promise<KeptChannel> {
    try {
      const secrets = JSON.parse(await this.box.open({ keyId, sealed }, sealedChannels.context(row.id))) as object;
      return { ...row, opened: { id: row.id, name: row.name, config: { ...config, ...secrets } }, fault: null };
    } catch (error) {
      return { ...row, opened: null, fault: (error as Error).message };
    }
  }

  private say({ id, name, fault }: KeptChannel): void {
    const text = fault && `The channel "${name}" cannot be used: ${fault}`;
    if (text && text !== this.said.get(id)) this.log.error(text);
    if (text) this.said.set(id, text);
    else this.said.delete(id);
  }
}
