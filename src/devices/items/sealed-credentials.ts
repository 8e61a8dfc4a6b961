import type { SealedTable } from '../../platform/security/secret-keys.store.js';

/** Where the secrets of credentials lie: a row's secret opens in that row only. */
export const sealedCredentials: SealedTable = { table: 'credentials', context: (id) => `credential:${id}` };
