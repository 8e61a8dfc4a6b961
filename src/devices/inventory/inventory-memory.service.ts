import { Injectable, type OnModuleInit } from '@nestjs/common';
import { EventFeed } from '../../platform/events/event-feed.client.js';
import { InventoryTransaction } from './inventory-transaction.store.js';

/** Forgets what this process kept of the inventory when another one changed it, or may have done so unheard. */
@Injectable()
export class InventoryMemory implements OnModuleInit {
  constructor(
    private readonly feed: EventFeed,
    private readonly inventory: InventoryTransaction,
  ) {}

  onModuleInit(): void {
    const forget = (): void => void this.inventory.forget();
    this.feed.on('inventory_changed', forget);
    this.feed.onGap(forget);
  }
}
