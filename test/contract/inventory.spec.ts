import { eventually } from '../support/eventually.js';
import { countStatements } from '../support/count-statements.js';
import { type InventoryLab, startInventory } from '../support/inventory-lab.js';
import { startTestPostgres, type TestPostgres } from '../support/postgres.js';

// Real: PostgreSQL, Nest, Fastify, sockets. Nothing is replaced.
interface Shown {
  id: string;
  name: string;
  ip: string;
  updated_at: string;
  tags: string[];
  custom_fields: Record<string, unknown>;
  parent: { id: string; name: string } | null;
  site: { name: string } | null;
  [field: string]: unknown;
}

describe('the inventory', () => {
  let postgres: TestPostgres;
  let lab: InventoryLab;
  let count = 0;
  beforeAll(async () => {
    postgres = await startTestPostgres();
  });
  beforeEach(async () => {
    lab = await startInventory(await postgres.createDatabase());
    count = 0;
  });
  afterEach(() => lab.close());
  afterAll(() => postgres.stop());

  const device = async (fields: object = {}): Promise<Shown> => {
    const number = ++count;
    const answer = await lab.call<Shown>('POST', '/devices', {
      name: `device-${number}`,
      ip: `10.1.${number >> 8}.${number & 255}`,
      ...fields,
    });
    if (answer.status !== 201) throw new Error(`${answer.code}: ${answer.detail}`);
    return answer.data;
  };
  const fill = (devices: number, columns = '') =>
    lab.database.query(
      `INSERT INTO devices (name, ip, profile_id ${columns && ', tags'})
       SELECT 'bulk-' || n, '10.' || 20 + n / 65536 || '.' || n / 256 % 256 || '.' || n % 256, p.id ${columns && `, ${columns}`}
       FROM generate_series(1, $1::int) n, profiles p WHERE p.is_default`,
      [devices],
    );

  describe('devices', () => {
    it('are created, read, changed and removed, each write in the audit log', async () => {
      const site = await lab.call<Shown>('POST', '/sites', { name: 'Berlin' });
      const made = await device({
        ip: '2001:DB8:0::1',
        site: 'Berlin',
        tags: ['Core', 'core'],
        custom_fields: { region: 'East' },
      });
      expect(made).toMatchObject({
        ip: '2001:db8::1',
        site: { id: site.data['id'], name: 'Berlin' },
        tags: ['core'],
        profile: { name: 'Standard' },
      });
      expect((await lab.call('GET', `/devices/${made.id}`)).data).toEqual(made);
      const changed = await lab.call<Shown>('PATCH', `/devices/${made.id}`, { location: 'Rack 4', site: null });
      expect(changed.data).toMatchObject({ location: 'Rack 4', site: null, custom_fields: { region: 'East' } });
      expect(changed.data.updated_at > made.updated_at).toBe(true);
      expect((await lab.call('GET', `/devices/${made.id}`)).data).toEqual(changed.data);
      expect((await lab.call('DELETE', `/devices/${made.id}`)).status).toBe(204);
      expect(await lab.call('GET', `/devices/${made.id}`)).toMatchObject({ status: 404, code: 'device_not_found' });
      const audit = await lab.call<{ action: string; before: object; after: object }[]>(
        'GET',
        '/audit?subject_type=device&sort=at',
      );
      expect(audit.data.map(({ action }) => action)).toEqual(['device.created', 'device.updated', 'device.deleted']);
      expect(audit.data[1]).toMatchObject({ before: { location: null }, after: { location: 'Rack 4' } });
    });

    it.each([
      ['no address', { name: 'a' }, 'ip'],
      ['a short address', { name: 'a', ip: '127.1' }, 'ip'],
      ['a TCP check without a port', { name: 'a', ip: '10.0.0.1', check_kind: 'tcp' }, 'port'],
      ['an HTTP check without a url', { name: 'a', ip: '10.0.0.1', check_kind: 'http' }, 'url'],
      ['a url with a password', { name: 'a', check_kind: 'http', url: 'http://u:p@host/' }, 'url'],
      ['an unknown site', { name: 'a', ip: '10.0.0.1', site: 'Nowhere' }, 'site'],
      [
        'an unknown profile',
        { name: 'a', ip: '10.0.0.1', profile_id: '0b9c1f7e-5f0a-4c53-9d0e-3d1f6c3a2b10' },
        'profile',
      ],
      ['a port out of range', { name: 'a', ip: '10.0.0.1', port: 70_000 }, 'port'],
      ['nested custom fields', { name: 'a', ip: '10.0.0.1', custom_fields: { a: { b: 1 } } }, 'custom_fields.a'],
      ['an unknown field', { name: 'a', ip: '10.0.0.1', state: 'up' }, 'state'],
    ])('are refused with %s', async (_, body, path) => {
      const answer = await lab.call('POST', '/devices', body);
      expect(answer).toMatchObject({ status: 400, code: 'validation_failed' });
      expect(answer.errors?.map((error) => error.path)).toContain(path);
    });

    it('take the address of an HTTP check from its url', async () => {
      expect(
        await device({ ip: undefined, check_kind: 'http', url: 'https://Shop.Example:8443/health' }),
      ).toMatchObject({
        ip: 'shop.example',
        url: 'https://shop.example:8443/health',
      });
    });

    it('are changed by admins only, and read by viewers', async () => {
      expect(await lab.call('POST', '/devices', { name: 'a', ip: '10.0.0.1' }, lab.viewer)).toMatchObject({
        status: 403,
      });
      expect(await lab.call('GET', '/devices', undefined, lab.viewer)).toMatchObject({ status: 200, data: [] });
    });

    it('refuse an address that another one has, naming it, unless that is meant', async () => {
      const first = await device({ name: 'first', ip: '10.0.0.1' });
      const again = { name: 'second', ip: '::ffff:10.0.0.1' };
      const refused = await lab.call('POST', '/devices', again);
      expect(refused).toMatchObject({ status: 409, code: 'duplicate_address' });
      expect(refused.detail).toContain(`"first" (${first.id})`);
      const allowed = await lab.call<Shown>('POST', '/devices', { ...again, allow_duplicate: true });
      expect(allowed.status).toBe(201);
      await lab.call('DELETE', `/devices/${first.id}`);
      // The one that is left was allowed to share: it counts all the same.
      expect(await lab.call('POST', '/devices', again)).toMatchObject({ status: 409, code: 'duplicate_address' });
      const third = await device();
      expect(await lab.call('PATCH', `/devices/${third.id}`, { ip: '10.0.0.1' })).toMatchObject({
        code: 'duplicate_address',
      });
    });

    it('get one address once, however many ask at once', async () => {
      const answers = await Promise.all(
        Array.from({ length: 8 }, (_, n) => lab.call('POST', '/devices', { name: `racer-${n}`, ip: '10.0.0.1' })),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array<number>(7).fill(409)]);
    });

    it('refuse circles of parents, naming them, also when two changes race', async () => {
      const [a, b, c] = [await device(), await device(), await device()];
      await lab.call('PATCH', `/devices/${b.id}`, { parent: a.name });
      await lab.call('PATCH', `/devices/${c.id}`, { parent: b.id });
      const circle = await lab.call('PATCH', `/devices/${a.id}`, { parent: c.id });
      expect(circle).toMatchObject({ status: 409, code: 'parent_cycle' });
      expect(circle.detail).toContain('device-1 → device-3 → device-2 → device-1');
      expect(await lab.call('PATCH', `/devices/${a.id}`, { parent: a.id })).toMatchObject({ code: 'parent_cycle' });
      const [x, y] = [await device(), await device()];
      const racing = await Promise.all([
        lab.call('PATCH', `/devices/${x.id}`, { parent: y.id }),
        lab.call('PATCH', `/devices/${y.id}`, { parent: x.id }),
      ]);
      expect(racing.map(({ status }) => status).sort()).toEqual([200, 409]);
    });

    it('refuse a parent whose name several devices have', async () => {
      await device({ name: 'twin' });
      await device({ name: 'twin' });
      const answer = await lab.call('POST', '/devices', { name: 'child', ip: '10.9.9.9', parent: 'twin' });
      expect(answer).toMatchObject({
        status: 400,
        errors: [{ path: 'parent', message: expect.stringContaining('2 devices') }],
      });
    });

    it('lose a parent that is removed, at once in every answer', async () => {
      const parent = await device();
      const child = await device({ parent: parent.id });
      expect((await lab.call<Shown>('GET', `/devices/${child.id}`)).data.parent).toMatchObject({ id: parent.id });
      await lab.call('DELETE', `/devices/${parent.id}`);
      expect((await lab.call<Shown>('GET', `/devices/${child.id}`)).data.parent).toBeNull();
    });

    it('are listed by every filter and sort, in pages', async () => {
      const root = await lab.call<Shown>('POST', '/sites', { name: 'Germany', region: 'EU' });
      await lab.call('POST', '/sites', { name: 'Berlin', parent: 'Germany', branch: 'B1' });
      await lab.call('POST', '/groups', { name: 'Cores', selector: { tags: ['core'] } });
      const a = await device({
        name: 'a',
        site: 'Berlin',
        tags: ['core'],
        vendor: 'Cisco',
        device_type: 'switch',
        location: 'Rack 1',
      });
      await device({
        name: 'b',
        parent: a.id,
        enabled: false,
        check_kind: 'tcp',
        port: 80,
        custom_fields: { region: 'Own' },
        site: 'Germany',
      });
      await device({ name: 'c' });
      const names = async (query: string) =>
        (await lab.call<Shown[]>('GET', `/devices?${query}`)).data.map(({ name }) => name);
      const table: [string, string[]][] = [
        ['sort=-name', ['c', 'b', 'a']], ['sort=created_at', ['a', 'b', 'c']], ['sort=ip', ['a', 'b', 'c']],
        ['sort=updated_at', ['a', 'b', 'c']], ['enabled=false', ['b']], ['vendor=Cisco', ['a']], ['device_type=switch', ['a']],
        ['location=Rack%201', ['a']], ['region=Own', ['b']], ['region=EU', []], ['branch=B1', ['a']], ['site=Germany', ['a', 'b']],
        [`site=${root.data.id}`, ['a', 'b']], ['site=Berlin', ['a']], ['tag=core', ['a']], ['group=Cores', ['a']], ['profile=Standard', ['a', 'b', 'c']],
        ['check_kind=tcp', ['b']], ['parent=a', ['b']], [`parent=${a.id}`, ['b']], ['q=RACK', ['a']], ['q=10.1.0.3', ['c']],
      ]; // prettier-ignore
      for (const [query, expected] of table) expect([query, await names(query)]).toEqual([query, expected]);
      const page = await lab.ask('/api/v1/devices?limit=2&sort=-name', {
        headers: { authorization: `Bearer ${lab.viewer}` },
      });
      const {
        page: { next_cursor: cursor, total },
      } = page.body as { page: { next_cursor: string; total: number } };
      expect(total).toBe(3);
      expect(await names(`limit=2&sort=-name&cursor=${cursor}`)).toEqual(['a']);
    });
  });

  describe('what fping cannot meet', () => {
    it('is refused with the figures, wherever it comes from', async () => {
      const impossible = await lab.call('POST', '/profiles', { name: 'Wild', ping_interval_seconds: 1 });
      expect(impossible).toMatchObject({ status: 409, code: 'interval_unachievable' });
      const fast = { name: 'Fast', ping_interval_seconds: 2, packets: 1, timeout_ms: 400 };
      expect((await lab.call('POST', '/profiles', fast)).status).toBe(201);
      await fill(9_000);
      const bulk = await lab.call('PATCH', '/devices/bulk', { selector: { all: true }, patch: { profile: 'Fast' } });
      expect(bulk).toMatchObject({ status: 409, code: 'interval_unachievable' });
      expect(bulk.detail).toContain('9000 devices with 9000 packets in all every 2 s (shard 0) take fping 2.2 s');
      expect(bulk.detail).toContain('Set ping_interval_seconds to 4 or more');
      expect(
        await lab.database.query(
          `SELECT count(*)::int AS n FROM devices d JOIN profiles p ON p.id = d.profile_id WHERE p.name = 'Fast'`,
        ),
      ).toEqual([{ n: 0 }]);
      const [{ id }] = await lab.database.query<[{ id: string }]>('SELECT id FROM profiles WHERE is_default');
      expect(await lab.call('PATCH', `/profiles/${id}`, { ping_interval_seconds: 5 })).toMatchObject({
        code: 'interval_unachievable',
      });
      expect(await lab.call('PATCH', `/profiles/${id}`, { ping_interval_seconds: 10 })).toMatchObject({ status: 200 });
      // Devices that are not pinged do not count.
      await lab.call('POST', '/devices/bulk/disable', { selector: { all: true } });
      expect(await lab.call('PATCH', `/profiles/${id}`, { ping_interval_seconds: 5 })).toMatchObject({ status: 200 });
      expect(await lab.call('POST', '/devices/bulk/enable', { selector: { all: true } })).toMatchObject({
        code: 'interval_unachievable',
      });
    });
  });

  describe('many devices at once', () => {
    it('are changed as a dry run said, tags and custom fields piece by piece', async () => {
      await device({ tags: ['a', 'b'], custom_fields: { region: 'x', floor: '1' } });
      await device({ tags: ['b'], location: 'Rack 4' });
      await device({ tags: ['z'] });
      const body = {
        selector: { tags: ['b'] },
        patch: { location: 'Rack 4', add_tags: ['new'], remove_tags: ['b'], custom_fields: { region: null, unit: 7 } },
      };
      const dry = await lab.call('PATCH', '/devices/bulk', { ...body, dry_run: true });
      expect(dry.data).toMatchObject({ dry_run: true, matched: 2, changed: 2 });
      expect((dry.data['devices'] as object[])[0]).toMatchObject({
        name: 'device-1',
        before: { location: null, tags: ['a', 'b'], custom_fields: { region: 'x', floor: '1' } },
        after: { location: 'Rack 4', tags: ['a', 'new'], custom_fields: { floor: '1', unit: 7 } },
      });
      expect((await lab.call<Shown[]>('GET', '/devices?tag=new')).data).toEqual([]);
      expect(await lab.call('GET', '/audit?action=devices.bulk_updated')).toMatchObject({ data: [] });
      const done = await lab.call('PATCH', '/devices/bulk', body);
      expect(done.data).toEqual({ ...dry.data, dry_run: false });
      expect((await lab.call<Shown[]>('GET', '/devices?tag=new')).data.map(({ tags }) => tags)).toEqual([
        ['a', 'new'],
        ['new'],
      ]);
      const audit = await lab.call<{ after: object }[]>('GET', '/audit?action=devices.bulk_updated');
      expect(audit.data).toMatchObject([
        {
          before: {
            devices: [
              { name: 'device-1', location: null, tags: ['a', 'b'] },
              { name: 'device-2', tags: ['b'] },
            ],
          },
          after: {
            matched: 2,
            changed: 2,
            devices: [
              { id: expect.any(String), name: 'device-1', location: 'Rack 4', tags: ['a', 'new'] },
              { id: expect.any(String), name: 'device-2', tags: ['new'] },
            ],
            devices_left_out: 0,
          },
        },
      ]);
      const again = await lab.call('PATCH', '/devices/bulk', {
        selector: { tags: ['new'] },
        patch: { location: 'Rack 4' },
      });
      expect(again.data).toMatchObject({ matched: 2, changed: 0 });
    });

    it('are left alone when some would not be valid, unless they were not before', async () => {
      await device();
      await lab.database.query(`UPDATE devices SET check_kind = 'http'`);
      const put = await lab.call('PATCH', '/devices/bulk', { selector: { all: true }, patch: { location: 'Rack 4' } });
      expect(put.data).toMatchObject({ changed: 1 });
      await lab.database.query(`UPDATE devices SET check_kind = 'icmp'`);
      const answer = await lab.call('PATCH', '/devices/bulk', {
        selector: { all: true },
        patch: { check_kind: 'tcp' },
      });
      expect(answer).toMatchObject({
        status: 400,
        code: 'validation_failed',
        detail: expect.stringContaining('"device-1"'),
      });
      const circle = await lab.call('PATCH', '/devices/bulk', {
        selector: { all: true },
        patch: { parent: 'device-1' },
      });
      expect(circle).toMatchObject({ status: 409, code: 'parent_cycle' });
    });

    it('cost as many statements as one', async () => {
      await device({ tags: ['one'] });
      await fill(1_000, `ARRAY['thousand']`);
      const cost = (method: string, path: string, body: object) =>
        countStatements(lab.database, async () => {
          expect((await lab.call(method, path, body)).status).toBe(200);
        });
      await cost('PATCH', '/devices/bulk', { selector: { tags: ['one'] }, patch: { location: 'warm' } });
      const calls: [string, string, object][] = [
        ['PATCH', '/devices/bulk', { patch: { location: 'x', profile: 'Standard' } }],
        ['POST', '/devices/bulk/disable', {}],
        ['POST', '/devices/bulk/enable', {}],
        ['POST', '/devices/bulk/delete', {}],
      ];
      for (const [method, path, body] of calls) {
        const one = await cost(method, path, { ...body, selector: { tags: ['one'] } });
        const thousand = await cost(method, path, { ...body, selector: { tags: ['thousand'] } });
        expect([path, thousand]).toEqual([path, one]);
        expect(thousand).toBeLessThanOrEqual(6);
      }
      expect((await lab.call('GET', '/devices')).data).toEqual([]);
    });

    it('are shown before they are removed', async () => {
      const parent = await device({ tags: ['old'] });
      const child = await device({ parent: parent.id });
      const body = { selector: { tags: ['old'] }, dry_run: true };
      const dry = await lab.call('POST', '/devices/bulk/delete', body);
      expect(dry.data).toEqual({
        dry_run: true,
        deleted: 1,
        devices: [{ id: parent.id, name: parent.name, ip: parent.ip }],
      });
      expect((await lab.call('GET', `/devices/${parent.id}`)).status).toBe(200);
      await lab.call('POST', '/devices/bulk/delete', { ...body, dry_run: false });
      expect((await lab.call('GET', `/devices/${parent.id}`)).status).toBe(404);
      expect((await lab.call<Shown>('GET', `/devices/${child.id}`)).data.parent).toBeNull();
    });
  });

  describe('selectors', () => {
    it('mean what they say, through groups of groups', async () => {
      await lab.call('POST', '/sites', { name: 'Root' });
      await lab.call('POST', '/sites', { name: 'Leaf', parent: 'Root' });
      const a = await device({ name: 'a', site: 'Leaf', tags: ['x'] });
      await device({ name: 'b', vendor: 'V', device_type: 'T' });
      await device({ name: 'c', enabled: false, check_kind: 'tcp', port: 1 });
      const group = (name: string, body: object) => lab.call('POST', '/groups', { name, ...body });
      expect((await group('members', { members: [a.id] })).data).toMatchObject({ member_count: 1 });
      await group('sited', { selector: { sites: ['Root'] } });
      await group('vendor', { selector: { vendors: ['V'], enabled: true } });
      expect((await group('both', { selector: { groups: ['members', 'vendor'] } })).status).toBe(201);
      const third = { groups: ['both'], profiles: ['Standard'], check_kinds: ['icmp'], q: 'B' };
      expect((await group('third', { selector: third })).status).toBe(201);
      const fourth = await group('fourth', { selector: { groups: ['third'] } });
      expect(fourth).toMatchObject({ status: 400, detail: expect.stringContaining('at most 3 levels') });
      const table: [object, string[]][] = [
        [{ all: true }, ['a', 'b', 'c']], [{ ids: [a.id] }, ['a']], [{ sites: ['Root'] }, ['a']], [{ sites: ['Nowhere'] }, []],
        [{ tags: ['x', 'y'] }, ['a']], [{ vendors: ['V'] }, ['b']], [{ device_types: ['T'] }, ['b']], [{ profiles: ['standard'] }, []],
        [{ profiles: ['Standard'] }, ['a', 'b', 'c']], [{ check_kinds: ['tcp'] }, ['c']], [{ enabled: false }, ['c']], [{ q: 'A' }, ['a']],
        [{ groups: ['members'] }, ['a']], [{ groups: ['sited'] }, ['a']], [{ groups: ['third'] }, ['b']], [{ groups: ['both'] }, ['a', 'b']],
        [{ groups: ['both', 'members'], tags: ['x'] }, ['a']], [{ groups: ['vendor'], q: 'b' }, ['b']],
      ]; // prettier-ignore
      for (const [selector, expected] of table) {
        const { data } = await lab.call<{ devices: { name: string }[] }>('POST', '/devices/bulk/delete', {
          selector,
          dry_run: true,
        });
        expect([selector, data.devices.map(({ name }) => name)]).toEqual([selector, expected]);
      }
      const listed = await lab.call<Shown[]>(
        'GET',
        `/groups/${(await lab.call<Shown[]>('GET', '/groups?q=both')).data[0]!.id}/devices`,
      );
      expect(listed.data.map(({ name }) => name)).toEqual(['a', 'b']);
    });

    it('may not lead back to their own group', async () => {
      const one = await lab.call<Shown>('POST', '/groups', { name: 'one', selector: { all: true } });
      const two = await lab.call<Shown>('POST', '/groups', { name: 'two', selector: { groups: ['one'] } });
      expect([one.status, two.status]).toEqual([201, 201]);
      const circle = await lab.call('PATCH', `/groups/${one.data.id}`, { selector: { groups: ['two'] } });
      expect(circle).toMatchObject({ status: 400, detail: expect.stringMatching(/one → two → one|two → one → two/) });
      expect(await lab.call('POST', '/groups', { name: 'x' })).toMatchObject({ status: 400 });
      expect(await lab.call('POST', '/groups', { name: 'x', selector: { sites: ['Nowhere'] } })).toMatchObject({
        status: 400,
        errors: [{ path: 'selector.sites.0', message: 'There is no site "Nowhere".' }],
      });
      expect(await lab.call('POST', '/groups', { name: 'x', selector: { all: true }, members: [] })).toMatchObject({
        status: 400,
      });
      expect(await lab.call('POST', '/groups', { name: 'x', members: [one.data.id] })).toMatchObject({
        status: 400,
        errors: [{ path: 'members.0' }],
      });
      expect(await lab.call('POST', '/groups', { name: 'one', members: [] })).toMatchObject({
        status: 409,
        code: 'name_taken',
      });
      expect(await lab.call('PATCH', `/groups/${one.data.id}`, { members: [] })).toMatchObject({
        data: { selector: null, member_count: 0 },
      });
      expect((await lab.call('DELETE', `/groups/${one.data.id}`)).status).toBe(204);
      expect(await lab.call('GET', `/groups/${one.data.id}/devices`)).toMatchObject({
        status: 404,
        code: 'group_not_found',
      });
    });
  });

  describe('sites', () => {
    it('make a tree, and stay while devices are there', async () => {
      const root = await lab.call<Shown>('POST', '/sites', { name: 'Root', latitude: 90, longitude: -180 });
      const leaf = await lab.call<Shown>('POST', '/sites', { name: 'Leaf', parent: 'Root' });
      expect(await lab.call('PATCH', `/sites/${root.data.id}`, { parent: 'Leaf' })).toMatchObject({
        status: 409,
        code: 'parent_cycle',
      });
      expect(await lab.call('POST', '/sites', { name: 'Root' })).toMatchObject({ status: 409, code: 'name_taken' });
      expect(await lab.call('POST', '/sites', { name: 'Off', latitude: 91 })).toMatchObject({ status: 400 });
      const there = await device({ site: 'Root' });
      expect(await lab.call('DELETE', `/sites/${root.data.id}`)).toMatchObject({ status: 409, code: 'in_use' });
      await lab.call('PATCH', `/sites/${root.data.id}`, { name: 'Renamed' });
      expect((await lab.call<Shown>('GET', `/devices/${there.id}`)).data.site).toMatchObject({ name: 'Renamed' });
      await lab.call('DELETE', `/devices/${there.id}`);
      expect((await lab.call('DELETE', `/sites/${root.data.id}`)).status).toBe(204);
      expect((await lab.call<Shown>('GET', `/sites/${leaf.data.id}`)).data.parent).toBeNull();
    });
  });

  describe('profiles', () => {
    it('have one default, which moves and is not removed', async () => {
      const made = await lab.call<Shown>('POST', '/profiles', { name: 'New', is_default: true });
      const list = await lab.call<Shown[]>('GET', '/profiles');
      expect(list.data.map(({ name, is_default }) => [name, is_default])).toEqual([
        ['New', true],
        ['Standard', false],
      ]);
      expect(await lab.call('DELETE', `/profiles/${made.data.id}`)).toMatchObject({
        status: 409,
        code: 'default_profile',
      });
      const other = list.data[1]!.id;
      await device({ profile: 'Standard' });
      expect(await lab.call('DELETE', `/profiles/${other}`)).toMatchObject({ status: 409, code: 'in_use' });
      expect(await lab.call('PATCH', `/profiles/${other}`, { flap_low_percent: 60 })).toMatchObject({ status: 400 });
      expect(await lab.call('PATCH', `/profiles/${other}`, { packets: 21 })).toMatchObject({ status: 400 });
      expect(await lab.call('PATCH', `/profiles/${other}`, { is_default: true })).toMatchObject({ status: 200 });
      expect((await lab.call('DELETE', `/profiles/${made.data.id}`)).status).toBe(204);
      await eventually(async () => expect((await lab.call<Shown[]>('GET', '/profiles')).data).toHaveLength(1));
    });

    it('move the default once when two ask at once', async () => {
      const answers = await Promise.all(
        ['a', 'b', 'c'].map((name) => lab.call('POST', '/profiles', { name, is_default: true })),
      );
      expect(answers.map(({ status }) => status)).toEqual([201, 201, 201]);
      expect(await lab.database.query('SELECT count(*)::int AS n FROM profiles WHERE is_default')).toEqual([{ n: 1 }]);
    });
  });
});
