import { eventually } from '../support/eventually.js';
import { describeWith } from '../support/requires.js';
import { swarmLabMissing } from '../support/swarm-lab.js';
import { WatchedSwarm } from '../support/watched-swarm.js';

/** Docker takes about 14 s to call a node down. */
const UNTIL_DOWN_MS = 90_000;
/** Within this a change is seen by Docker's event alone: the next refresh by the clock is two minutes away. */
const EVENT_MS = 15_000;

/** The tests build on each other, in order: one swarm lives through them. */
describeWith('the nodes of a real swarm', swarmLabMissing(), () => {
  let swarm: WatchedSwarm;
  const soon = (check: () => Promise<void>, timeoutMs = 60_000): Promise<void> => eventually(check, { timeoutMs });
  const codes = async (): Promise<string[]> => (await swarm.problems()).map(({ code }) => code);

  beforeAll(async () => {
    swarm = await WatchedSwarm.start(1);
    const quickly = ['--stop-grace-period', '1s'];
    await swarm.lab.createService('web', ['--replicas', '5', ...quickly, '--reserve-cpu', '0.1']);
    await swarm.lab.createService('everywhere', ['--mode', 'global', ...quickly]);
    await swarm.expectService('web', { health: 'healthy', running_tasks: 5 });
    await swarm.expectService('everywhere', { health: 'healthy', running_tasks: 3 });
  }, 180_000);
  afterAll(() => swarm?.stop(), 120_000);

  it('are down when killed, and their tasks are not counted, though Docker counts them', async () => {
    await swarm.expectNode('node3', { state: 'ready', down_since: null });
    const killedAt = Date.now();
    await swarm.lab.killNode(2);
    await soon(async () => {
      const { docker_running_tasks, running_tasks } = await swarm.service('everywhere');
      expect(await swarm.node('node3')).toMatchObject({ state: 'down', running_tasks: 0, available_capacity: 0 });
      expect(running_tasks).toBe(2);
      expect(docker_running_tasks).toBe(3);
    }, UNTIL_DOWN_MS);
    const { id, down_since } = await swarm.node('node3');
    expect(Date.parse(down_since ?? '')).toBeGreaterThan(killedAt);
    expect(Date.parse(down_since ?? '')).toBeLessThanOrEqual(Date.now());
    expect(await swarm.problems()).toContainEqual(
      expect.objectContaining({
        code: 'node_down',
        severity: 'critical',
        since: down_since,
        subject: { id, name: 'node3' },
      }),
    );
    const lost = await swarm.tasks('problem=true&node=node3&state=running');
    expect(lost.map(({ service_name }) => service_name)).toContain('everywhere');
  }, 180_000);

  it('cost no service its health once Docker has replaced their tasks', async () => {
    await swarm.expectService('web', { health: 'healthy', running_tasks: 5 });
    await swarm.expectService('everywhere', { health: 'healthy', desired_tasks: 2, running_tasks: 2 });
    expect(await swarm.tasks('service=web&state=running&desired_state=running')).toHaveLength(5);
    const listed = (await swarm.listed('service', 'ls')).find(({ Name }) => Name === 'web');
    expect(`${(await swarm.service('web')).docker_running_tasks}/5`).toBe(listed!['Replicas']);
  }, 120_000);

  it('are down since the same moment after an edit and after a restart of the product', async () => {
    const { down_since, id } = await swarm.node('node3');
    await swarm.docker('node', 'update', '--label-add', 'edited=yes', id);
    await swarm.expectNode('node3', { labels: { edited: 'yes' }, down_since });
    const restartedAt = Date.now();
    await swarm.restart(120);
    await soon(async () => {
      expect(Date.parse((await swarm.status())._performance.timestamp)).toBeGreaterThan(restartedAt);
      expect(await swarm.node('node3')).toMatchObject({ state: 'down', down_since });
    });
  }, 120_000);

  it('do not matter for a new service, which is shown within seconds of its creation, and so is its end', async () => {
    await eventually(() =>
      expect(swarm.proxy.calls.at(-1)).toMatchObject({ path: '/tasks', endedAt: expect.any(Number) as number }),
    );
    await swarm.lab.createService('fresh', ['--replicas', '1', '--stop-grace-period', '1s']);
    await soon(async () => expect((await swarm.services()).map(({ name }) => name)).toContain('fresh'), EVENT_MS);
    await swarm.docker('service', 'rm', 'fresh');
    await soon(async () => expect((await swarm.services()).map(({ name }) => name)).not.toContain('fresh'), EVENT_MS);
  }, 90_000);

  it('have no capacity while drained, and their tasks go elsewhere', async () => {
    const { id } = await swarm.node('node2');
    await swarm.docker('node', 'update', '--availability', 'drain', id);
    await swarm.expectNode('node2', { availability: 'drain', available_capacity: 0, state: 'ready' }, EVENT_MS);
    // Docker tells of the drain, not of the tasks: the product looks again by itself.
    await soon(async () => {
      expect(await swarm.node('node2')).toMatchObject({ running_tasks: 0 });
      expect(await swarm.service('web')).toMatchObject({ health: 'healthy', running_tasks: 5 });
    });
    const running = await swarm.tasks('service=web&state=running&desired_state=running');
    expect(running.map(({ hostname }) => hostname)).toEqual(Array(5).fill('node1'));
    await swarm.docker('node', 'update', '--availability', 'active', id);
    await swarm.expectNode('node2', { availability: 'active' }, EVENT_MS);
  }, 120_000);

  it('are ready again when they are back', async () => {
    await swarm.lab.startNode(2);
    await swarm.expectNode('node3', { state: 'ready', down_since: null });
    expect(await codes()).not.toContain('node_down');
  }, 120_000);

  it('are promoted and demoted', async () => {
    const { id } = await swarm.node('node2');
    await swarm.docker('node', 'promote', id);
    await swarm.expectNode('node2', { role: 'manager', is_manager: true, is_leader: false });
    await soon(async () =>
      expect((await swarm.status()).quorum).toEqual({ managers: 2, reachable: 2, tolerated_failures: 0 }),
    );
    await swarm.docker('node', 'demote', id);
    await swarm.expectNode('node2', { role: 'worker', is_manager: false });
    expect(await swarm.status()).toMatchObject({ total_managers: 1, total_workers: 2 });
  }, 180_000);

  it('are forgotten when they are removed', async () => {
    const { id } = await swarm.node('node3');
    await swarm.lab.docker(2, ['swarm', 'leave']);
    await soon(async () => void (await swarm.docker('node', 'rm', id)));
    await soon(async () => {
      const { total_nodes, nodes } = await swarm.status();
      expect(nodes.map(({ hostname }) => hostname)).toEqual(['node1', 'node2']);
      expect(total_nodes).toBe(2);
    }, EVENT_MS);
  }, 120_000);

  it('go and come without an error in the log', () => {
    expect(swarm.product.lines.filter(({ level }) => level === 'error' || level === 'fatal')).toEqual([]);
  });
});
