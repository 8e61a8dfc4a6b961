import { Injectable, Logger } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { AlertFacts } from '../../alerts/outbox/alert-facts.js';
import { AlertFactsStore } from '../../alerts/outbox/alert-facts.store.js';
import { Settings } from '../../platform/config/settings.schema.js';
import { isDataError } from '../../platform/database/data-error.js';
import { storableStart } from '../../platform/http/storable-text.js';
import type { Message } from '../channels/channel-driver.port.js';
import { type ChannelRoom, type ClaimedMember, type ClaimedRow, ClaimStore } from './claim.store.js';
import { lockMsOf } from './lock-time.js';
import { cancelReason, composeMessage, freezeAgain, freezeFirst, type Frozen } from './freeze-delivery.js';

const MAX_REASON = 300;

/** A delivery that this process is to send. */
export interface Claimed {
  id: string;
  channelId: string;
  /** Of the attempt. */
  number: number;
  message: Message;
}

/** Claims what is due and says what is in it. */
@Injectable()
export class Claimer {
  private readonly log = new Logger('Deliveries');

  constructor(
    private readonly database: DataSource,
    private readonly settings: Settings,
    private readonly store: ClaimStore,
    private readonly alerts: AlertFactsStore,
  ) {}

  /**
   * In one transaction of at most five statements, whatever their number; of more when one of them cannot be put into words, which fails by
   * itself then. Whatever dies before its commit has sent nothing.
   */
  async claim(room: readonly ChannelRoom[]): Promise<Claimed[]> {
    if (room.length === 0) return [];
    const lockMs = lockMsOf(this.settings);
    const claim = (freeze: Claimer['freeze']): Promise<Claimed[]> =>
      this.database.transaction(async (manager) => {
        const rows = await this.store.claim(room, lockMs, manager);
        return rows.length === 0 ? [] : freeze.call(this, rows, manager);
      });
    try {
      return await claim(this.freeze);
    } catch (error) {
      if (!isDataError(error)) throw error;
      return claim(this.freezeApart);
    }
  }

  /** By halves, each behind a savepoint: what cannot be written is found, fails, and holds up no other. */
  private async freezeApart(rows: readonly ClaimedRow[], manager: EntityManager): Promise<Claimed[]> {
    try {
      return await manager.transaction((inner) => this.freeze(rows, inner));
    } catch (error) {
      if (!isDataError(error)) throw error;
      const [only] = rows;
      if (rows.length === 1 && only) {
        const ended = [this.failed(only, error as Error)];
        await this.store.freeze({ contents: [], dropped: [], ended }, manager);
        return [];
      }
      const middle = rows.length >> 1;
      const before = await this.freezeApart(rows.slice(0, middle), manager);
      return [...before, ...(await this.freezeApart(rows.slice(middle), manager))];
    }
  }

  private failed({ id }: ClaimedRow, { message }: Error) {
    const reason = `It cannot be put into words: ${storableStart(message, MAX_REASON)}`;
    this.log.error(`The delivery ${id} fails. ${reason}`);
    return { id, state: 'failed' as const, reason };
  }

  private async freeze(rows: readonly ClaimedRow[], manager: EntityManager): Promise<Claimed[]> {
    const looked = rows.filter(({ kind, content }) => kind !== 'test' && (content === null || kind !== 'resolved'));
    const members = await this.store.members(
      looked.map(({ id }) => id),
      manager,
    );
    const facts = await this.alerts.of([...new Set(members.map(({ alertId }) => alertId))], manager);
    const byDelivery = new Map<string, ClaimedMember[]>(looked.map(({ id }) => [id, []]));
    for (const member of members) byDelivery.get(member.deliveryId)!.push(member);

    const claimed: Claimed[] = [];
    const contents: Message[] = [];
    const dropped: { deliveryId: string; alertId: string; reason: string }[] = [];
    const ended: { id: string; state: 'cancelled' | 'failed'; reason: string }[] = [];
    for (const row of rows) {
      try {
        const frozen = decide(row, byDelivery.get(row.id) ?? [], facts);
        const message =
          frozen.alerts && (row.content ?? composeMessage(row, frozen.alerts, this.settings.publicUrl, row.now));
        dropped.push(...frozen.dropped.map((each) => ({ deliveryId: row.id, ...each })));
        if (message === null) {
          ended.push({ id: row.id, state: 'cancelled', reason: cancelReason(frozen.dropped) });
          continue;
        }
        if (row.content === null) contents.push(message);
        claimed.push({ id: row.id, channelId: row.channelId, number: row.attempts, message });
      } catch (error) {
        ended.push(this.failed(row, error as Error));
      }
    }
    await this.store.freeze({ contents, dropped, ended }, manager);
    await this.alerts.untell(untold(members, dropped), manager);
    return claimed;
  }
}

function decide(row: ClaimedRow, members: readonly ClaimedMember[], facts: ReadonlyMap<string, AlertFacts>): Frozen {
  const known = members.flatMap(({ alertId, isTold }) => {
    const alert = facts.get(alertId);
    return alert ? [{ alert, isTold }] : [];
  });
  if (row.content === null) return freezeFirst(row.kind, known);
  const alerts = known.map(({ alert }) => alert);
  return freezeAgain(row.kind, row.uncertain, alerts);
}

/** Alerts that nobody knows of after this: when what keeps them back ends, they are told as if for the first time. */
function untold(
  members: readonly ClaimedMember[],
  dropped: readonly { deliveryId: string; alertId: string; reason: string }[],
): string[] {
  const keyOf = (deliveryId: string, alertId: string): string => `${deliveryId} ${alertId}`;
  const gone = new Set(dropped.map(({ deliveryId, alertId }) => keyOf(deliveryId, alertId)));
  const held = new Set(
    dropped.flatMap(({ alertId, reason }) => (reason === 'acknowledged' || reason === 'suppressed' ? alertId : [])),
  );
  const ids = members
    .filter(({ alertId, others }) => held.has(alertId) && others.every((other) => gone.has(keyOf(other, alertId))))
    .map(({ alertId }) => alertId);
  return [...new Set(ids)];
}
