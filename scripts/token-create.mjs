// `npm run token:create -- --name NAME --role admin|operator|viewer`: makes an API token and shows it once.
import { prepare } from './prepare.mjs';

prepare();
process.setSourceMapsEnabled(true);
await import('../dist/src/console/token-create.js');
