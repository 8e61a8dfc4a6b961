// `npm run import:ward-ops -- --database-url URL [--apply]`: moves the old system's inventory and last pings in.
import { prepare } from './prepare.mjs';

prepare();
process.setSourceMapsEnabled(true);
await import('../dist/src/console/import-ward-ops.js');
