import type { EngineNode, EngineService, EngineTask } from '../engine/engine-facts.js';
import type { SwarmMemory, SwarmPicture } from '../picture/swarm-picture.js';
import { aNode, aService, COLLECTION, NO_MEMORY, TASK_SIZE } from '../../../test/support/swarm-facts.js';
import { assessSwarm } from './assess-swarm.js';

/*
 * What a real swarm of three engines (20.10.24) answered, before, while and after the dockerd of node3 was killed, back,
 * and deleted: one task a line, as `slot node state desired since created [error]`. `-` is what Docker left out.
 */
type Recording = Record<string, string>;

// prettier-ignore
const BEFORE: Recording = {
  rep: `
    1 node1 running running 13.937894532 11.26
    2 node3 running running 13.170769303 11.26
    3 node2 running running 12.082507075 11.26`,
  glob: `
    - node1 running running 14.461549826 11.27
    - node2 running running 13.954646794 11.27
    - node3 running running 14.303495503 11.27`,
  pin3: `
    1 node3 running running 13.803556525 12.07`,
  gpin3: `
    - node3 running running 14.788127519 12.15`,
  job: `
    - node2 complete complete 16.237820797 11.33
    1 node3 complete complete 16.987341643 11.33`,
  joblong: `
    - node2 running complete 14.179773884 11.97
    1 node3 running complete 14.407065637 11.97`,
  gjoblong: `
    - node1 running complete 14.246432322 12.02
    - node2 running complete 14.096334414 12.02
    - node3 running complete 14.268387117 12.02`,
  crash: `
    1 node3 failed shutdown 17.417648065 13.95 task: non-zero exit (1)
    1 node1 failed shutdown 18.776337307 17.43 task: non-zero exit (1)
    1 node2 failed shutdown 20.190324278 18.78 task: non-zero exit (1)
    1 node1 failed shutdown 21.853760778 20.25 task: non-zero exit (1)
    1 node3 ready ready 22.173613677 21.93`,
};

// prettier-ignore
const DOWN: Recording = {
  ...BEFORE,
  rep: `
    1 node1 running running 13.937894532 11.26
    2 node3 running shutdown 13.170769303 11.26
    2 node1 preparing ready 81.51697428 81.33
    3 node2 running running 12.082507075 11.26`,
  glob: `
    - node1 running running 14.461549826 11.27
    - node2 running running 13.954646794 11.27
    - node3 running shutdown 14.303495503 11.27`,
  pin3: `
    1 node3 running shutdown 13.803556525 12.07
    1 - pending ready 81.412779715 81.33 no suitable node (scheduling constraints not satisfied on 2 nodes; 1 node not available for new tasks)`,
  gpin3: `
    - node3 running shutdown 14.788127519 12.15`,
  crash: `
    1 node1 failed shutdown 18.776337307 17.43 task: non-zero exit (1)
    1 node2 failed shutdown 20.190324278 18.78 task: non-zero exit (1)
    1 node1 failed shutdown 21.853760778 20.25 task: non-zero exit (1)
    1 node3 ready shutdown 22.173613677 21.93
    1 node2 preparing ready 81.517943331 81.33`,
};

// prettier-ignore
const BACK: Recording = {
  ...DOWN,
  rep: `
    1 node1 running running 13.937894532 11.26
    2 node3 failed shutdown 148.323386774 11.26 task: non-zero exit (137)
    2 node1 running running 86.573127896 81.33
    3 node2 running running 12.082507075 11.26`,
  glob: `
    - node1 running running 14.461549826 11.27
    - node2 running running 13.954646794 11.27
    - node3 failed shutdown 148.334131921 11.27 task: non-zero exit (137)
    - node3 running running 149.126079558 148.34`,
  pin3: `
    1 node3 failed shutdown 148.342197967 12.07 task: non-zero exit (137)
    1 node3 running running 149.042437418 81.33`,
  gpin3: `
    - node3 failed shutdown 148.363593632 12.15 task: non-zero exit (137)
    - node3 running running 148.727977533 148.34`,
  joblong: `
    - node2 running complete 14.179773884 11.97
    1 node3 failed shutdown 148.376651012 11.97 task: non-zero exit (137)
    1 node3 running complete 154.098033184 148.71`,
};

// prettier-ignore
const DELETED: Recording = {
  ...BACK,
  rep: `
    1 node1 running running 13.937894532 11.26
    2 node3 failed shutdown 148.323386774 11.26 task: non-zero exit (137)
    2 node1 running running 86.573127896 81.33
    3 node2 running running 12.082507075 11.26`,
  glob: `
    - node1 running running 14.461549826 11.27
    - node2 running running 13.954646794 11.27`,
  pin3: `
    1 node3 failed shutdown 148.342197967 12.07 task: non-zero exit (137)
    1 node3 orphaned shutdown 230.552604628 81.33
    1 - pending running 230.635165887 229.68 no suitable node (scheduling constraints not satisfied on 2 nodes)`,
  gpin3: '',
  gjoblong: `
    - node1 running complete 14.246432322 12.02
    - node2 running complete 14.096334414 12.02
    - node3 orphaned shutdown 230.552632728 148.70
    - node3 pending complete 230.55495072 230.55`,
};

const SERVICES: EngineService[] = [
  service('rep', { replicas: 3 }),
  service('glob', { mode: 'global', replicas: null }),
  service('pin3', { constraints: ['node.hostname==node3'] }),
  service('gpin3', { mode: 'global', replicas: null, constraints: ['node.hostname==node3'] }),
  service('job', { mode: 'replicated-job', replicas: 2 }),
  service('joblong', { mode: 'replicated-job', replicas: 2 }),
  service('gjoblong', { mode: 'global-job', replicas: null }),
  service('crash', {}),
];

const LOOKS = [
  { recording: BEFORE, at: 40, node3: 'ready' },
  { recording: DOWN, at: 83, node3: 'down' },
  { recording: BACK, at: 160, node3: 'ready' },
  { recording: DELETED, at: 237, node3: null },
] as const;

const pictures = look();
const verdicts = (index: number) =>
  Object.fromEntries(
    (pictures[index]?.services ?? []).map(({ name, health, runningTasks, desiredTasks }) => [
      name,
      `${health} ${runningTasks}/${desiredTasks}`,
    ]),
  );

it('judges the swarm while all is well', () => {
  expect(verdicts(0)).toEqual({
    rep: 'healthy 3/3',
    glob: 'healthy 3/3',
    pin3: 'healthy 1/1',
    gpin3: 'healthy 1/1',
    job: 'job_complete 0/2',
    joblong: 'job_running 2/2',
    gjoblong: 'job_running 3/3',
    crash: 'flapping 0/1',
  });
});

it('judges it with node3 killed', () => {
  expect(verdicts(1)).toEqual({
    rep: 'degraded 2/3',
    glob: 'healthy 2/2',
    pin3: 'down 0/1',
    gpin3: 'down 0/0',
    job: 'job_complete 0/2',
    joblong: 'job_running 1/2',
    gjoblong: 'job_running 2/2',
    crash: 'flapping 0/1',
  });
  expect(pictures[1]?.nodes.find(({ hostname }) => hostname === 'node3')).toMatchObject({
    runningTasks: 0,
    downSince: time(81),
  });
  expect(pictures[1]?.problems.map(({ code, subject }) => `${code} ${subject.name}`)).toEqual([
    'service_down gpin3',
    'service_down pin3',
    'node_down node3',
    'service_flapping crash',
    'service_degraded rep',
    'task_pending pin3.1',
  ]);
});

it('judges it with node3 back: its dead containers are one failure each, no flapping', () => {
  expect(verdicts(2)).toMatchObject({
    rep: 'healthy 3/3',
    glob: 'healthy 3/3',
    pin3: 'healthy 1/1',
    gpin3: 'healthy 1/1',
  });
  expect(verdicts(2)).toMatchObject({ joblong: 'job_running 2/2', gjoblong: 'job_running 3/3' });
  expect(pictures[2]?.services.find(({ name }) => name === 'glob')?.restartsPerHour).toBe(1);
  expect(pictures[2]?.nodes.every(({ downSince }) => downSince === null)).toBe(true);
});

it('judges it with node3 deleted', () => {
  expect(verdicts(3)).toMatchObject({
    rep: 'healthy 3/3',
    glob: 'healthy 2/2',
    pin3: 'down 0/1',
    gpin3: 'unknown 0/0',
  });
  expect(verdicts(3)).toMatchObject({ gjoblong: 'job_running 2/2' });
});

/** Judges the recordings one after the other, each with what the one before remembered. */
function look(): SwarmPicture[] {
  let memory: SwarmMemory = NO_MEMORY;
  return LOOKS.map(({ recording, at, node3 }) => {
    const nodes: EngineNode[] = [aNode('node1', { role: 'manager', isLeader: true }), aNode('node2')];
    if (node3) nodes.push(aNode('node3', { state: node3, updatedAt: time(81) }));
    const tasks = Object.entries(recording).flatMap(([name, lines]) => parse(name, lines));
    const facts = { info: null, nodes, services: SERVICES, tasks };
    const now = new Date(time(at));
    const judged = assessSwarm({ facts, memory, now, taskSize: TASK_SIZE, revision: 'r', collection: COLLECTION });
    memory = judged.memory;
    return judged.picture;
  });
}

function parse(name: string, lines: string): EngineTask[] {
  return lines
    .trim()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [slot, node, state, desiredState, since, created, ...error] = line.trim().split(' ');
      const failed = state === 'failed' ? Number(/\((\d+)\)/.exec(line)?.[1]) : null;
      return {
        id: `${name}.${slot}.${created}.${node}`,
        serviceId: `${name}-id`,
        slot: slot === '-' ? null : Number(slot),
        nodeId: node === '-' ? null : `${node}-id`,
        state: state ?? '',
        desiredState: desiredState ?? '',
        message: 'started',
        error: error.length > 0 ? error.join(' ') : null,
        exitCode: state === 'complete' ? 0 : failed,
        since: time(Number(since)),
        createdAt: time(Number(created)),
        reservedNanoCpus: 0,
        reservedMemoryBytes: 0,
        jobIteration: null,
      };
    });
}

function service(name: string, over: Partial<EngineService>): EngineService {
  return aService({ name, createdAt: time(11), updatedAt: time(11), ...over });
}

/** So many seconds after the swarm began. */
function time(seconds: number): string {
  return new Date(Date.UTC(2026, 1, 1) + seconds * 1_000).toISOString();
}
