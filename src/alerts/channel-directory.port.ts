/** What rules need to know of channels, which lie above them. Offered by notifications. */
export abstract class ChannelDirectory {
  /**
   * @param refs ids or names
   * @returns by ref, those that there are
   */
  abstract find(refs: readonly string[]): Promise<Map<string, { id: string; name: string }>>;
}
