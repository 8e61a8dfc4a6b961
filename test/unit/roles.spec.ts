import { facesOf } from '../../src/roles/faces-of.js';
import { readSettings } from '../../src/platform/config/read-settings.js';

const DATABASE_URL = 'postgres://u@h/d';
const namesOf = async (env: Record<string, string>): Promise<string[]> => {
  const faces = await facesOf(readSettings({ DATABASE_URL, ...env }));
  return faces.map((face) =>
    'module' in face ? (face.module as { name: string }).name : (face as { name: string }).name,
  );
};

describe('facesOf', () => {
  const signals = ['MetricsModule', 'ProbeSignalsModule', 'SwarmSignalsModule', 'SelfSignalsModule'];
  const api = [
    'SwarmApiModule',
    'ProbesApiModule',
    'DevicesApiModule',
    ...signals,
    'AlertsApiModule',
    'NotificationsApiModule',
    'JobsApiModule',
    'StreamApiModule',
    'HealthApiModule',
    'SecurityApiModule',
  ];
  const scheduler = [
    'ScheduleModule',
    'QueueSchedulerModule',
    'SwarmSchedulerModule',
    'ProbesSchedulerModule',
    'MonitoringSchedulerModule',
    ...signals,
    'SelfSamplerSchedulerModule',
    'AlertsSchedulerModule',
    'NotificationsSchedulerModule',
  ];
  const network = ['PingWorkerModule', 'ChecksWorkerModule', 'OnDemandWorkerModule', 'SnmpWorkerModule'];
  const upkeep = ['HistoryUpkeepModule', 'MonitoringWorkerModule', 'LedgerUpkeepModule', 'SwarmUpkeepModule'];

  it.each<[string, Record<string, string>, string[]]>([
    ['api', { SWARMWARD_ROLE: 'api' }, api],
    ['scheduler', { SWARMWARD_ROLE: 'scheduler' }, scheduler],
    ['worker', { SWARMWARD_ROLE: 'worker' }, ['QueueWorkerModule', 'SwarmWorkerModule', ...network, ...upkeep]],
    [
      'worker without Docker',
      { SWARMWARD_ROLE: 'worker', SWARMWARD_WORKER_QUEUES: 'maintenance' },
      ['QueueWorkerModule', ...upkeep],
    ],
    ['all', {}, [...api, 'QueueWorkerModule', 'SwarmWorkerModule', ...network, ...upkeep, ...scheduler]],
  ])('%s', async (_, env, expected) => {
    expect(await namesOf(env)).toEqual(expected);
  });
});
