/** Sizes of the synthetic swarm; everything else follows from them, so that two runs give the same bytes. */
export interface FakeSwarmSize {
  nodes: number;
  services: number;
  tasks: number;
}

/** Must never be found outside the engine: not in a cache, a log, a table or a response. */
export const PLANTED_SECRET = 'swarmward-planted-secret';
export const PLANTED_JOIN_TOKEN = 'SWMTKN-1-swarmward-planted-join-token';

/** Ids of 25 characters, as swarm's own. */
const id = (kind: string, index: number): string => `${kind}${index.toString(36).padStart(23, '0')}`;
export const nodeId = (index: number): string => id('nd', index);
export const serviceId = (index: number): string => id('sv', index);
export const taskId = (index: number): string => id('tk', index);

const START = Date.UTC(2026, 0, 1);
/** Nanoseconds, as Go writes them. */
const at = (seconds: number): string =>
  new Date(START + seconds * 1000).toISOString().replace('Z', `${String(seconds % 1_000_000).padStart(6, '0')}Z`);
const hex = (index: number, length: number): string => (index * 2_654_435_761).toString(16).padStart(length, 'c0ffee');

/** Element of `GET /nodes`, 2 to 3 KB like a real one. */
export function fakeNode(index: number, managers = 3): Record<string, unknown> {
  const manager = index < managers;
  return {
    ID: nodeId(index),
    Version: { Index: 10 + index },
    CreatedAt: at(index),
    UpdatedAt: at(index + 60),
    Spec: { Labels: { zone: `z${index % 3}` }, Role: manager ? 'manager' : 'worker', Availability: 'active' },
    Description: {
      Hostname: `node${index + 1}`,
      Platform: { Architecture: 'x86_64', OS: 'linux' },
      Resources: { NanoCPUs: 8_000_000_000, MemoryBytes: 33_554_432_000 },
      Engine: {
        EngineVersion: '27.5.1',
        Plugins: ['awslogs', 'bridge', 'fluentd', 'gcplogs', 'gelf', 'host', 'ipvlan', 'journald', 'json-file', 'local']
          .concat(['logentries', 'macvlan', 'null', 'overlay', 'splunk', 'syslog'])
          .map((Name) => ({ Type: Name.length > 6 ? 'Log' : 'Network', Name })),
      },
      TLSInfo: {
        TrustRoot: `-----BEGIN CERTIFICATE-----\n${'MIIBajCCARCgAwIBAgIUQ'.repeat(28)}\n-----END CERTIFICATE-----\n`,
        CertIssuerSubject: 'MBMxETAPBgNVBAMTCHN3YXJtLWNh',
        CertIssuerPublicKey: 'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE'.repeat(3),
      },
    },
    Status: { State: 'ready', Addr: `10.0.${index >> 8}.${index & 255}` },
    ...(manager
      ? { ManagerStatus: { Leader: index === 0, Reachability: 'reachable', Addr: `10.0.0.${index}:2377` } }
      : {}),
  };
}

/** What a service's containers get; only the image, the reservations and the constraints may leave the engine client. */
function taskTemplate(service: number): Record<string, unknown> {
  return {
    ContainerSpec: {
      Image: `registry.example.org/team/app-${service}:1.${service % 40}@sha256:${hex(service, 64)}`,
      Labels: { 'com.docker.stack.namespace': `stack${service % 50}` },
      Args: ['serve', '--port', '8080'],
      Env: [
        `PLANTED_ENV=${PLANTED_SECRET}`,
        'NODE_ENV=production',
        ...Array.from({ length: 8 }, (_, index) => `SETTING_${index}=${hex(index + service, 24)}`),
      ],
      Privileges: { CredentialSpec: null, SELinuxContext: null },
      StopGracePeriod: 10_000_000_000,
      DNSConfig: {},
      Isolation: 'default',
    },
    Resources: {
      Limits: { MemoryBytes: 536_870_912 },
      Reservations: { NanoCPUs: 10_000_000, MemoryBytes: 16_777_216 },
    },
    RestartPolicy: { Condition: 'any', Delay: 5_000_000_000, MaxAttempts: 0 },
    Placement: { Constraints: ['node.platform.os == linux'], Platforms: [{ Architecture: 'amd64', OS: 'linux' }] },
    Networks: [{ Target: id('nw', service % 50), Aliases: [`app-${service}`] }],
    ForceUpdate: 0,
    Runtime: 'container',
  };
}

/** Element of `GET /services?status=true`. */
export function fakeService(index: number, replicas: number): Record<string, unknown> {
  const spec = {
    Name: `stack${index % 50}_app-${index}`,
    Labels: { 'com.docker.stack.namespace': `stack${index % 50}`, 'com.docker.stack.image': `app-${index}` },
    TaskTemplate: taskTemplate(index),
    Mode: { Replicated: { Replicas: replicas } },
    UpdateConfig: {
      Parallelism: 1,
      FailureAction: 'pause',
      Monitor: 5_000_000_000,
      MaxFailureRatio: 0,
      Order: 'stop-first',
    },
    EndpointSpec: { Mode: 'vip', Ports: [{ Protocol: 'tcp', TargetPort: 8080, PublishedPort: 10_000 + index }] },
  };
  return {
    ID: serviceId(index),
    Version: { Index: 1000 + index },
    CreatedAt: at(index),
    UpdatedAt: at(index + 3600),
    Spec: spec,
    PreviousSpec: spec,
    Endpoint: {
      Spec: spec.EndpointSpec,
      Ports: [{ Protocol: 'tcp', TargetPort: 8080, PublishedPort: 10_000 + index, PublishMode: 'ingress' }],
      VirtualIPs: [{ NetworkID: id('nw', index % 50), Addr: `10.1.${index & 255}.2/24` }],
    },
    UpdateStatus: {
      State: 'completed',
      StartedAt: at(index),
      CompletedAt: at(index + 30),
      Message: 'update completed',
    },
    ServiceStatus: { RunningTasks: replicas, DesiredTasks: replicas, CompletedTasks: 0 },
  };
}

/** Element of `GET /tasks`, about 2 KB. */
export function fakeTask(index: number, { nodes, services }: FakeSwarmSize): Record<string, unknown> {
  const service = index % services;
  return {
    ID: taskId(index),
    Version: { Index: 5000 + index },
    CreatedAt: at(index),
    UpdatedAt: at(index + 5),
    Labels: {},
    Spec: taskTemplate(service),
    ServiceID: serviceId(service),
    Slot: Math.floor(index / services) + 1,
    NodeID: nodeId(index % nodes),
    Status: {
      Timestamp: at(index + 4),
      State: 'running',
      Message: 'started',
      ContainerStatus: { ContainerID: hex(index, 64), PID: 1000 + index, ExitCode: 0 },
      PortStatus: {},
    },
    DesiredState: 'running',
    NetworksAttachments: [
      {
        Network: {
          ID: id('nw', service % 50),
          Version: { Index: 7 },
          Spec: { Name: `stack${service % 50}_default`, DriverConfiguration: { Name: 'overlay' }, Scope: 'swarm' },
          DriverState: { Name: 'overlay', Options: { 'com.docker.network.driver.overlay.vxlanid_list': '4097' } },
          IPAMOptions: { Driver: { Name: 'default' }, Configs: [{ Subnet: '10.1.0.0/16', Gateway: '10.1.0.1' }] },
        },
        Addresses: [`10.1.${index & 255}.${index % 250}/16`],
      },
    ],
  };
}

/** `GET /info` of a manager, as far as it matters here. */
export function fakeInfo({ nodes }: FakeSwarmSize): Record<string, unknown> {
  return {
    ID: 'FAKE',
    Name: 'node1',
    ServerVersion: '27.5.1',
    HttpProxy: `http://user:${PLANTED_SECRET}@proxy:3128`,
    Swarm: {
      NodeID: nodeId(0),
      NodeAddr: '10.0.0.0',
      LocalNodeState: 'active',
      ControlAvailable: true,
      Error: '',
      Nodes: nodes,
      Managers: Math.min(3, nodes),
    },
  };
}

/** A JSON array of `count` elements as buffers of about 1 MB, so that 200 MB are made once and sent fast. */
export function fakeList(count: number, element: (index: number) => unknown): Buffer[] {
  const buffers: Buffer[] = [];
  let text = '[';
  for (let index = 0; index < count; index++) {
    text += `${index === 0 ? '' : ','}${JSON.stringify(element(index))}`;
    if (text.length < 1_000_000) continue;
    buffers.push(Buffer.from(text));
    text = '';
  }
  return [...buffers, Buffer.from(`${text}]\n`)];
}
