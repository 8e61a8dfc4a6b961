import type { SealedTable } from '../../platform/security/secret-keys.store.js';

/** Where the secrets of channels lie: a row's secrets open in that row only. */
export const sealedChannels: SealedTable = { table: 'channels', context: (id) => `channel:${id}` };
