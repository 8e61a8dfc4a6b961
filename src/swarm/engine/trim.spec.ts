import { anything, assert, property } from 'fast-check';
import { StringPool } from './string-pool.js';
import { trimInfo } from './trim-info.js';
import { trimNode } from './trim-node.js';
import { trimService } from './trim-service.js';
import { trimTask } from './trim-task.js';

const pool = new StringPool();
const service = (spec: object, rest: object = {}) =>
  trimService({ ID: 's1', Spec: { Name: 'web', ...spec }, ...rest })!;
const task = (fields: object) => trimTask({ ID: 't1', ServiceID: 's1', ...fields }, pool)!;

describe('trimming what the engine answers', () => {
  it.each([null, undefined, 7, 'x', [], {}, { ID: '' }, { ID: 7 }])('refuses %j as an element', (raw) => {
    expect(trimNode(raw)).toBeNull();
    expect(trimService(raw)).toBeNull();
    expect(trimTask(raw, pool)).toBeNull();
  });

  it('never throws, whatever the fields hold', () => {
    assert(
      property(anything(), anything(), (spec, rest) => {
        const raw = {
          ID: 'x',
          Spec: spec,
          Status: rest,
          ManagerStatus: rest,
          Description: rest,
          Endpoint: spec,
          Swarm: spec,
        };
        expect([trimNode(raw), trimService(raw), trimTask(raw, pool), trimInfo(raw)]).not.toContain(null);
      }),
    );
  });
});

describe('trimNode', () => {
  it('takes the manager’s address where the node’s own is of no use', () => {
    const manager = { Addr: '10.0.0.5:2377', Leader: true, Reachability: 'reachable' };
    const node = trimNode({ ID: 'n1', Status: { State: 'ready', Addr: '0.0.0.0' }, ManagerStatus: manager });
    expect(node).toMatchObject({ address: '10.0.0.5', isLeader: true, reachability: 'reachable' });
    expect(trimNode({ ID: 'n1', Status: { Addr: '10.0.0.6' }, ManagerStatus: manager })!.address).toBe('10.0.0.6');
  });

  it('reads states it does not know as unknown', () => {
    expect(trimNode({ ID: 'n1', Status: { State: 'on fire' } })).toMatchObject({
      state: 'unknown',
      reachability: null,
    });
  });
});

describe('trimService', () => {
  it.each([
    [{ Replicated: { Replicas: 0 } }, 'replicated', 0],
    [{ Replicated: {} }, 'replicated', 1],
    [{ Global: {} }, 'global', null],
    [{ ReplicatedJob: { MaxConcurrent: 2, TotalCompletions: 10 } }, 'replicated-job', 10],
    [{ ReplicatedJob: { MaxConcurrent: 2 } }, 'replicated-job', 2],
    [{ GlobalJob: {} }, 'global-job', null],
  ])('reads mode %j', (Mode, mode, replicas) => {
    expect(service({ Mode })).toMatchObject({ mode, replicas });
  });

  it('reads the first iteration of a job, which Docker writes as an empty object', () => {
    expect(service({}, { JobStatus: { JobIteration: {} } }).jobIteration).toBe(0);
    expect(service({}, { JobStatus: { JobIteration: { Index: 12 } } }).jobIteration).toBe(12);
    expect(service({}).jobIteration).toBeNull();
  });

  it.each([
    ['nginx:1.27@sha256:0123456789abcdef', 'nginx:1.27'],
    ['registry:5000/a/b@sha512:00ff', 'registry:5000/a/b'],
    ['nginx', 'nginx'],
  ])('leaves the digest of %s out', (Image, image) => {
    expect(service({ TaskTemplate: { ContainerSpec: { Image } } }).image).toBe(image);
  });

  it('keeps nothing of the environment', () => {
    const kept = service({
      TaskTemplate: { ContainerSpec: { Env: ['A=secret'], Args: ['secret'], Secrets: ['secret'] } },
    });
    expect(JSON.stringify(kept)).not.toContain('secret');
  });
});

describe('trimTask', () => {
  it.each([
    ['running', { ContainerID: 'c', ExitCode: 0 }, null],
    ['failed', { ContainerID: 'c', ExitCode: 137 }, 137],
    ['complete', { ContainerID: 'c', ExitCode: 0 }, 0],
    ['rejected', { ExitCode: 0 }, null],
    ['shutdown', undefined, null],
  ])('gives the exit code of a %s task with container %j', (State, ContainerStatus, exitCode) => {
    expect(task({ Status: { State, ContainerStatus } }).exitCode).toBe(exitCode);
  });

  it('keeps messages on one line and short', () => {
    const { error } = task({ Status: { Err: `a\n\u001b[31mb${'x'.repeat(2_000)}` } });
    expect(error).toHaveLength(500);
    expect(error).toMatch(/^a \[31mb/);
  });

  it('shares the strings that repeat', () => {
    const shared = new StringPool(1);
    expect([shared.share('a'), shared.share('b'), shared.share('a')]).toEqual(['a', 'b', 'a']);
  });
});
