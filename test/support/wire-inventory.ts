import { eventually } from './eventually.js';
import type { Json, Wire, WireEndpoint } from './wire.js';

/** Nothing answers there but this machine itself. */
const SCANNED = '127.9.9.8/30';
/** Nobody takes notices there. */
const NOBODY = 'http://127.0.0.1:9/';
/** Holds whatever the devices answer, or do not. */
const ALWAYS = { expression: 'icmp.rtt_ms < 60000', no_data: 'alert', severity: 'critical' };
const HOUR_MS = 3_600_000;

/** What is in the inventory, by the beginning of the paths it is under. */
export interface WireInventory {
  /** A real id for the parameter of an endpoint's path. */
  idFor(endpoint: Pick<WireEndpoint, 'template'>): string;
}

/**
 * Makes one of everything that has an id in a path, over the API alone: a site with two devices, of which one is behind the other, a group,
 * a profile, a credential, an item, a template, a maintenance window that is on, the job of a discovery that is over; two channels where
 * nobody answers, a route, a silence, two alert rules, an alert that fires, and the delivery that tells of it.
 * @param known more ids, by the beginning of their paths
 */
export async function makeInventory(wire: Wire, known: Record<string, string> = {}): Promise<WireInventory> {
  const post = async (path: string, body: unknown, status = 201): Promise<Json> => {
    const answer = await wire.ask(`/api/v1${path}`, { method: 'POST', body });
    expect([path, answer.status, answer.body]).toEqual([path, status, expect.any(Object)]);
    return (answer.body as { data: Json }).data;
  };
  const make = async (path: string, body: unknown) => String((await post(path, body))['id']);
  const named = { name: 'wire one' };
  // The examples of the document say Berlin.
  const site = await make('/sites', { name: 'Berlin' });
  const credential = await make('/credentials', { ...named, kind: 'snmp_v2c', community: 'a community' });
  const device = await make('/devices', {
    ...named,
    ip: '127.9.9.1',
    site_id: site,
    snmp_credential_id: credential,
    tags: ['wire'],
    custom_fields: { contract: 'C-1' },
  });
  await make('/devices', { name: 'wire two', ip: '127.9.9.2', parent_id: device, tags: ['wire'] });
  const item = { ...named, oid: '1.3.6.1.2.1.1.3.0', value_type: 'number' };
  const channel = (name: string) =>
    make('/channels', { name, kind: 'webhook', config: { url: NOBODY, secret: 'a secret' } });
  // The examples name it: it cannot be deleted, the other one can.
  await channel('ops-webhook');
  const scan = String((await post('/discovery', { cidr: SCANNED }, 202))['job_id']);
  const ids: Record<string, string> = {
    '/api/v1/sites/': site,
    '/api/v1/credentials/': credential,
    '/api/v1/devices/': device,
    '/api/v1/groups/': await make('/groups', { ...named, selector: { tags: ['wire'] } }),
    '/api/v1/profiles/': await make('/profiles', { ...named, down_after: 2 }),
    '/api/v1/items/': await make(`/devices/${device}/items`, item),
    '/api/v1/templates/': await make('/templates', { ...named, items: [{ ...item, name: 'of a template' }] }),
    '/api/v1/maintenance-windows/': await make('/maintenance-windows', {
      ...named,
      // Alerts of what is in maintenance do not open.
      scope: { tags: ['nothing'] },
      starts_at: new Date(Date.now() - HOUR_MS).toISOString(),
      ends_at: new Date(Date.now() + HOUR_MS).toISOString(),
    }),
    '/api/v1/channels/': await channel('wire one'),
    '/api/v1/notification-routes/': await make('/notification-routes', { ...named, matchers: { tags: ['nothing'] } }),
    '/api/v1/silences/': await make('/silences', {
      matchers: [{ name: 'rule', op: '=', value: 'wire one' }],
      duration_seconds: 3_600,
      comment: 'wire one',
    }),
    '/api/v1/alert-rules/': await make('/alert-rules', { ...named, expression: 'icmp.rtt_ms > 5000' }),
    '/api/v1/tokens/': (await wire.make('viewer')).id,
    '/api/v1/jobs/': scan,
    '/api/v1/discovery/': scan,
    ...known,
  };
  await eventually(
    async () =>
      expect(await wire.ask(`/api/v1/jobs/${scan}`)).toMatchObject({ body: { data: { state: 'completed' } } }),
    { timeoutMs: 30_000 },
  );
  await post('/alert-rules', {
    ...ALWAYS,
    name: 'wire always',
    scope: { devices: [device] },
    channels: ['ops-webhook'],
  });
  const first = (path: string) =>
    eventually(async () => {
      const { data } = (await wire.ask(path)).body as { data: { id: string }[] };
      if (!data[0]) throw new Error(`${path} has nothing`);
      return data[0].id;
    });
  const alert = await first(`/api/v1/alerts?state=firing&device=${device}`);
  ids['/api/v1/alerts/'] = alert;
  ids['/api/v1/deliveries/'] = await first(`/api/v1/deliveries?alert=${alert}`);
  return {
    idFor({ template }) {
      const [, id] = Object.entries(ids).find(([start]) => template.startsWith(start)) ?? [];
      if (template.includes('{') && id === undefined) throw new Error(`Say of which object ${template} is asked`);
      return id ?? '';
    },
  };
}
