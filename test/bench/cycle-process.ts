import 'reflect-metadata';
import { DataSource } from 'typeorm';
import { readSettings } from '../../src/platform/config/read-settings.js';
import { AdvisoryLock } from '../../src/platform/database/advisory-lock.store.js';
import type { DatabaseConnection } from '../../src/platform/database/connection.js';
import { dataSourceOptions } from '../../src/platform/database/data-source-options.driver.js';
import { CycleStore } from '../../src/platform/queue/cycle.store.js';
import { CalendarStore } from '../../src/devices/calendar/calendar.store.js';
import { MaintenanceCalendar } from '../../src/devices/calendar/maintenance-calendar.service.js';
import { MaintenanceWindow } from '../../src/devices/calendar/maintenance-window.entity.js';
import { CycleCommitStore } from '../../src/probes/cycle/cycle-commit.store.js';
import { CycleCommitter } from '../../src/probes/cycle/cycle-committer.service.js';
import { CycleRunner } from '../../src/probes/cycle/cycle-runner.service.js';
import { DriverReportStore } from '../../src/probes/cycle/driver-report.store.js';
import { DriverWatch } from '../../src/probes/cycle/driver-watch.service.js';
import { Prober } from '../../src/probes/cycle/prober.service.js';
import { ProbeTargetStore } from '../../src/probes/cycle/probe-target.store.js';
import { AddressResolver } from '../../src/probes/drivers/address-resolver.client.js';
import { FpingDriver } from '../../src/probes/drivers/fping.driver.js';
import { ProbeDrivers } from '../../src/probes/drivers/probe-drivers.js';
import { Partitions } from '../../src/probes/history/partitions.store.js';

/** Runs a turn for every message that it gets, with the parts that a worker runs it with, and answers with its outcome and time. */
const connection = JSON.parse(process.argv[2]!) as DatabaseConnection;
const settings = readSettings({});
const log = { log: () => undefined, warn: console.error, error: console.error };
const database = await new DataSource({
  ...dataSourceOptions(connection, settings, log),
  entities: [MaintenanceWindow],
}).initialize();
const drivers = new ProbeDrivers([new FpingDriver(settings, new AddressResolver())]);
const runner = new CycleRunner(
  new AdvisoryLock(database),
  new ProbeTargetStore(settings),
  new MaintenanceCalendar(new CalendarStore(database)),
  new Prober(settings, drivers, new DriverWatch(settings, drivers, new DriverReportStore(database))),
  new CycleCommitter(new CycleCommitStore(database), new Partitions(database)),
  new CycleStore(database),
);
const turn = { intervalSeconds: settings.pingIntervalSeconds, shard: 0 };
const { signal } = new AbortController();
process.on('message', () => {
  const began = performance.now();
  // Without a slot it is due now.
  void runner
    .run('ping', turn, { signal })
    .then((outcome) => process.send!({ ms: performance.now() - began, outcome }));
});
process.on('disconnect', () => process.exit(0));
