import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { CacheService } from '../../platform/cache/cache.service.js';
import { encodeNotice, NOTICE_CHANNEL } from '../../platform/events/notice.js';
import { asRefusal } from './refusal.js';

/** What is kept of the inventory. Devices show the names of sites, profiles and parents, so any change may touch any of it. */
export const INVENTORY_CACHE = ['device:*', 'device-list:*', 'profile:*', 'profile-list:*'] as const;

const NOTICE = [NOTICE_CHANNEL, encodeNotice({ kind: 'inventory_changed' })];

/** Every change of the inventory goes through here. */
@Injectable()
export class InventoryTransaction {
  constructor(
    private readonly database: DataSource,
    private readonly cache: CacheService,
  ) {}

  /**
   * Runs `work` in a transaction, one after another over all processes: so addresses, circles of parents and what fping can do are
   * judged on what will be committed. Afterwards every process forgets what it kept of the inventory.
   * @throws ProblemException `name_taken`, `duplicate_address`, `in_use` for constraints, `inventory_busy` when its turn does not come in 10 s
   */
  async run<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    const result = await this.database
      .transaction(async (manager) => {
        // Told at the commit, and not at all without one. In the same statement: changes of many devices are held to six.
        await manager.query(
          "SELECT pg_advisory_xact_lock(hashtextextended('inventory', 0)), pg_notify($1, $2)",
          NOTICE,
        );
        return work(manager);
      })
      .catch((error: unknown) => {
        throw asRefusal(error);
      });
    await this.forget();
    return result;
  }

  /** As {@link run}, but nothing of it stays. */
  async rehearse<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    const runner = this.database.createQueryRunner();
    try {
      await runner.startTransaction();
      await runner.query("SELECT pg_advisory_xact_lock(hashtextextended('inventory', 0))");
      return await work(runner.manager);
    } catch (error) {
      throw asRefusal(error);
    } finally {
      if (runner.isTransactionActive) await runner.rollbackTransaction();
      await runner.release();
    }
  }

  /** For who changes the inventory in a transaction of its own: within it. {@link forget} is for after the commit. */
  async announce(manager: EntityManager): Promise<void> {
    await manager.query('SELECT pg_notify($1, $2)', NOTICE);
  }

  /** This process, and with Redis all of them. Without it the others hear of the change by the notice. */
  async forget(): Promise<void> {
    await Promise.all(INVENTORY_CACHE.map((pattern) => this.cache.invalidate(pattern)));
  }
}
