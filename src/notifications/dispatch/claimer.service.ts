import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { AlertFacts } from '../../alerts/outbox/alert-facts.js';
import { AlertFactsStore } from '../../alerts/outbox/alert-facts.store.js';
import { Settings } from '../../platform/config/settings.schema.js';
import type { Message } from '../channels/channel-driver.port.js';
import { type ClaimedMember, type ClaimedRow, ClaimStore } from './claim.store.js';
import { cancelReason, composeMessage, freezeAgain, freezeFirst, type Frozen } from './freeze-delivery.js';

/** For the queue in this process and for writing down the outcome. */
const LOCK_MARGIN_MS = 10_000;

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
  constructor(
    private readonly database: DataSource,
    private readonly settings: Settings,
    private readonly store: ClaimStore,
    private readonly alerts: AlertFactsStore,
  ) {}

  /**
   * In one transaction of at most five statements, whatever their number. Whatever dies before its commit has sent nothing.
   * @param room how many of each channel
   */
  async claim(room: readonly { channelId: string; free: number; enabled: boolean }[]): Promise<Claimed[]> {
    if (room.length === 0) return [];
    const lockMs = this.settings.notifyTimeoutSeconds * 1_000 + LOCK_MARGIN_MS;
    return this.database.transaction(async (manager) => {
      const rows = await this.store.claim(room, lockMs, manager);
      return rows.length === 0 ? [] : this.freeze(rows, manager);
    });
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
    const cancelled: { id: string; reason: string }[] = [];
    for (const row of rows) {
      const frozen = decide(row, byDelivery.get(row.id) ?? [], facts);
      dropped.push(...frozen.dropped.map((each) => ({ deliveryId: row.id, ...each })));
      if (frozen.alerts === null) {
        cancelled.push({ id: row.id, reason: cancelReason(frozen.dropped) });
        continue;
      }
      const message = row.content ?? composeMessage(row, frozen.alerts, this.settings.publicUrl, row.now);
      if (row.content === null) contents.push(message);
      claimed.push({ id: row.id, channelId: row.channelId, number: row.attempts, message });
    }
    await this.store.freeze({ contents, dropped, cancelled }, manager);
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
