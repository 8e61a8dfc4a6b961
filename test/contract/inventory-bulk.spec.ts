import { countStatements } from '../support/count-statements.js';
import { deviceMaker, eachOnEmptyInventory, type Shown } from '../support/inventory-devices.js';
import type { InventoryLab } from '../support/inventory-lab.js';

describe('the inventory', () => {
  let lab: InventoryLab;
  let device: ReturnType<typeof deviceMaker>;
  eachOnEmptyInventory((fresh) => {
    lab = fresh;
    device = deviceMaker(fresh);
  });

  const fill = (devices: number, columns = '') =>
    lab.database.query(
      `INSERT INTO devices (name, ip, profile_id ${columns && ', tags'})
       SELECT 'bulk-' || n, '10.' || 20 + n / 65536 || '.' || n / 256 % 256 || '.' || n % 256, p.id ${columns && `, ${columns}`}
       FROM generate_series(1, $1::int) n, profiles p WHERE p.is_default`,
      [devices],
    );

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
});
