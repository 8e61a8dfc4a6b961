import { Foundation1795219200000 } from './1795219200000-Foundation.js';
import { Devices1795305600000 } from './1795305600000-Devices.js';
import { Alerts1795392000000 } from './1795392000000-Alerts.js';

/** Every migration, oldest first. `npm run migration:generate` adds to it. */
export const migrations = [Foundation1795219200000, Devices1795305600000, Alerts1795392000000];
