import { eventually } from '../support/eventually.js';
import { deviceMaker, eachOnEmptyInventory, type Shown } from '../support/inventory-devices.js';
import type { InventoryLab } from '../support/inventory-lab.js';

describe('the inventory', () => {
  let lab: InventoryLab;
  let device: ReturnType<typeof deviceMaker>;
  eachOnEmptyInventory((fresh) => {
    lab = fresh;
    device = deviceMaker(fresh);
  });

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
