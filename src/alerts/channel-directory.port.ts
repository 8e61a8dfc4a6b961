import type { EntityManager } from 'typeorm';

/** What rules need to know of channels, which lie above them. Offered by notifications. */
export abstract class ChannelDirectory {
  /**
   * @param refs ids or names
   * @returns by ref, those that there are
   */
  abstract find(refs: readonly string[]): Promise<Map<string, { id: string; name: string }>>;

  /**
   * Keeps channels from being deleted until the transaction ends, so that what names them by then is seen by who deletes one.
   * @returns those of the ids that there still are
   */
  abstract keep(ids: readonly string[], manager: EntityManager): Promise<Set<string>>;
}
