// The demo's inventory, made over the API as a user would make it.
import { setTimeout as pause } from 'node:timers/promises';

const SITES = [
  { name: 'Berlin', region: 'north', branch: 'HQ', latitude: 52.52, longitude: 13.405 },
  { name: 'Munich', region: 'south', branch: 'M1', latitude: 48.137, longitude: 11.575 },
  { name: 'Hamburg', region: 'north', branch: 'H1', latitude: 53.551, longitude: 9.994 },
];
const VENDORS = ['Cisco', 'Juniper', 'MikroTik', 'Aruba'];
const PROFILE = { name: 'Demo', description: 'Every 10 s', ping_interval_seconds: 10, packets: 3, timeout_ms: 900 };

export async function seed({ url, token, targets, kind }) {
  const call = caller(url, token);
  await untilReady(url);
  await make(call, '/profiles', PROFILE);
  for (const site of SITES) await make(call, '/sites', site);
  const config = { url: `http://127.0.0.1:${targets.receiver}/` };
  await setChannel(call, { name: 'Demo console', kind: 'webhook', is_default: true, config });
  const devices = inventory(targets, kind).map((device) => ({ ...device, profile: PROFILE.name }));
  const { data } = await call('POST', '/devices/import?on_duplicate=update', { devices });
  if (data.failed > 0) throw new Error(JSON.stringify(data.rows[0]));
}

function inventory({ tcp, http, closed }, kind) {
  const check = kind === 'tcp' ? { check_kind: 'tcp', port: tcp } : { check_kind: 'icmp' };
  const devices = Array.from({ length: 88 }, (_, index) => ({
    name: `switch-${String(index + 1).padStart(2, '0')}`,
    ip: `127.10.${Math.floor(index / 30)}.${(index % 30) + 10}`,
    vendor: VENDORS[index % VENDORS.length],
    device_type: index % 8 === 0 ? 'router' : 'switch',
    site: SITES[index % SITES.length].name,
    tags: ['demo'],
    ...check,
  }));
  const service = (name, ip, rest) => ({
    name,
    ip,
    device_type: 'server',
    site: 'Berlin',
    tags: ['demo', 'service'],
    ...rest,
  });
  const web = (ip, path) => ({ check_kind: 'http', url: `http://${ip}:${http}${path}` });
  return [
    ...devices,
    service('intranet', '127.10.9.1', { ...web('127.10.9.1', '/'), expected_body: 'all is well' }),
    service('wiki-slow', '127.10.9.2', web('127.10.9.2', '/slow')),
    service('shop-moody', '127.10.9.3', web('127.10.9.3', '/moody')),
    service('erp-broken', '127.10.9.4', web('127.10.9.4', '/broken')),
    service('mail', '127.10.9.5', { check_kind: 'tcp', port: tcp }),
    service('database', '127.10.9.6', { check_kind: 'tcp', port: tcp }),
    service('ldap-dead', '127.10.9.7', { check_kind: 'tcp', port: closed }),
    service('branch-router-dead', '127.10.9.8', { check_kind: 'tcp', port: closed, site: 'Munich' }),
    service('branch-switch', '127.10.9.9', {
      check_kind: 'tcp',
      port: closed,
      site: 'Munich',
      parent: 'branch-router-dead',
    }),
    service('branch-printer', '127.10.9.10', {
      check_kind: 'tcp',
      port: closed,
      site: 'Munich',
      parent: 'branch-switch',
    }),
    // Documentation addresses: nobody answers.
    ...(kind === 'icmp' ? ['192.0.2.10', '192.0.2.11'] : []).map((ip, index) =>
      service(`camera-dead-${index + 1}`, ip, { check_kind: 'icmp' }),
    ),
  ];
}

/** One line whenever the picture changes. */
export async function watch({ url, token, seconds }) {
  const call = caller(url, token);
  let last = '';
  for (let second = 0; second < seconds; second++) {
    await pause(1_000, undefined, { ref: false });
    const answer = await call('GET', '/devices/stats/summary').catch(() => null);
    const states = answer?.data?.by_state;
    const line = states
      ? Object.entries(states)
          .map(([state, count]) => `${count} ${state}`)
          .join(', ')
      : last;
    if (line !== last) process.stdout.write(`  devices: ${line}\n`);
    last = line;
  }
}

function caller(url, token) {
  return async (method, path, body) => {
    const response = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(30_000),
    });
    const answer = await response.json();
    if (!response.ok)
      throw Object.assign(new Error(`${method} ${path}: ${answer.detail}`), { status: response.status });
    return answer;
  };
}

/** A second demo on the same data finds it all there. */
async function make(call, path, body) {
  await call('POST', path, body).catch((error) => {
    if (error.status !== 409) throw error;
  });
}

/** Its port is another one each time. */
async function setChannel(call, channel) {
  const { data } = await call('GET', '/channels');
  const known = data.find(({ name }) => name === channel.name);
  if (known) await call('PATCH', `/channels/${known.id}`, { config: channel.config });
  else await call('POST', '/channels', channel);
}

async function untilReady(url) {
  for (;;) {
    const response = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(2_000) }).catch(() => null);
    if (response?.ok) return;
    await pause(100);
  }
}
