// `npm start`: prepares a fresh checkout and becomes the product, in one process, so that signals need no messenger.
import { prepare } from './prepare.mjs';

prepare();
process.setSourceMapsEnabled(true);
await import('../dist/src/main.js');
