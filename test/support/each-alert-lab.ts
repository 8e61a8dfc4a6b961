import { Logger } from '@nestjs/common';
import { AlertLab } from './alert-lab.js';
import { RecordedLog, startTestPostgres, type TestPostgres } from './postgres.js';

/** Hooks of a `describe`: one PostgreSQL for all of its tests, and for each a fresh database and a log of its own. */
export function eachWithAlertLab(begin: (lab: AlertLab, log: RecordedLog) => void): void {
  let postgres: TestPostgres;
  let lab: AlertLab;
  beforeAll(async () => {
    postgres = await startTestPostgres();
  });
  beforeEach(async () => {
    const log = new RecordedLog();
    Logger.overrideLogger(log);
    lab = await AlertLab.open(postgres);
    begin(lab, log);
  });
  afterEach(() => lab.database.destroy());
  afterAll(async () => {
    Logger.overrideLogger(false);
    await postgres.stop();
  });
}
