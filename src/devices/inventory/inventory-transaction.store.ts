import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { CacheService } from '../../platform/cache/cache.service.js';
import { asRefusal } from './refusal.js';

/** What is kept of the inventory. Devices show the names of sites, profiles and parents, so any change may touch any of it. */
export const INVENTORY_CACHE = ['device:*', 'device-list:*', 'profile:*', 'profile-list:*'] as const;

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
        await manager.query("SELECT pg_advisory_xact_lock(hashtextextended('inventory', 0))");
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

  /** For who changed the inventory in a transaction of its own: after the commit. */
  async forget(): Promise<void> {
    await Promise.all(INVENTORY_CACHE.map((pattern) => this.cache.invalidate(pattern)));
  }
}
