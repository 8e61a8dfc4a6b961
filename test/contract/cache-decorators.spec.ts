import { Controller, Injectable, Scope, SetMetadata } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { CacheModule } from '../../src/platform/cache/cache.module.js';
import { Cached } from '../../src/platform/cache/cached.decorator.js';
import { InvalidatesCache } from '../../src/platform/cache/invalidates-cache.decorator.js';
import { type CacheApp, startCache } from '../support/cache-app.js';

@Injectable()
class Devices {
  readonly names = new Map([['1', 'router']]);
  reads = 0;

  @Cached({ key: (id: string) => `device:${id}`, ttlSeconds: 300, staleSeconds: 60 })
  @SetMetadata('kept', 'yes')
  async find(id: string): Promise<{ name: string } | null> {
    this.reads++;
    const name = this.names.get(id);
    return name === undefined ? null : { name };
  }

  @Cached({ key: 'device-count', ttlSeconds: 30 })
  async count(): Promise<number> {
    return this.names.size;
  }

  @InvalidatesCache((id: string) => [`device:${id}`, 'device-list:*'])
  async rename(id: string, name: string): Promise<string> {
    if (name === '') throw new Error('no name');
    this.names.set(id, name);
    return name;
  }

  @InvalidatesCache(['device:*', 'device-count'])
  async addAll(names: Record<string, string>): Promise<void> {
    for (const [id, name] of Object.entries(names)) this.names.set(id, name);
  }

  async label(id: string): Promise<string> {
    return `<${(await this.find(id))?.name}>`;
  }
}

describe('@Cached and @InvalidatesCache', () => {
  let app: CacheApp;
  let devices: Devices;

  beforeEach(async () => {
    app = await startCache(undefined, [Devices]);
    devices = app.module.get(Devices);
  });
  afterEach(() => app.close());

  it('keeps results per key, also for calls through this', async () => {
    expect(await devices.find('1')).toEqual({ name: 'router' });
    expect(await devices.label('1')).toBe('<router>');
    expect(devices.reads).toBe(1);
    expect(app.cache.peek('device:1')).toEqual({ name: 'router' });
  });

  it('runs once for all who come meanwhile', async () => {
    await Promise.all(Array.from({ length: 50 }, () => devices.find('1')));
    expect(devices.reads).toBe(1);
  });

  it('does not keep that something is missing', async () => {
    expect(await devices.find('2')).toBeNull();
    devices.names.set('2', 'switch');
    expect(await devices.find('2')).toEqual({ name: 'switch' });
  });

  it('forgets after a change, and returns what the method returns', async () => {
    await devices.find('1');
    expect(await devices.rename('1', 'gateway')).toBe('gateway');
    expect(await devices.find('1')).toEqual({ name: 'gateway' });
  });

  it('forgets whole prefixes', async () => {
    expect([await devices.count(), await devices.find('1')]).toEqual([1, { name: 'router' }]);
    await devices.addAll({ '1': 'hub', '3': 'printer' });
    expect([await devices.count(), await devices.find('1')]).toEqual([2, { name: 'hub' }]);
  });

  it('forgets nothing when the change fails', async () => {
    await devices.find('1');
    await expect(devices.rename('1', '')).rejects.toThrow('no name');
    await devices.find('1');
    expect(devices.reads).toBe(1);
  });

  it('leaves the metadata of other decorators where they are looked for', () => {
    expect(Reflect.getMetadata('kept', devices.find)).toBe('yes');
  });

  it('keeps two applications in one process apart', async () => {
    const other = await startCache(undefined, [Devices]);
    await devices.find('1');
    await other.module.get(Devices).find('1');
    expect(other.module.get(Devices).reads).toBe(1);
    await other.close();
  });
});

describe('@Cached where it cannot work', () => {
  @Injectable({ scope: Scope.REQUEST })
  class PerRequest {
    @Cached({ key: 'x', ttlSeconds: 1 })
    async read(): Promise<number> {
      return 1;
    }
  }

  @Injectable({ scope: Scope.TRANSIENT })
  class PerUser {
    @InvalidatesCache(['x'])
    async write(): Promise<void> {
      await Promise.resolve();
    }
  }

  @Controller()
  class Endpoint {
    @Cached({ key: 'x', ttlSeconds: 1 })
    async read(): Promise<number> {
      return 1;
    }
  }

  it.each([
    [
      'a request-scoped provider',
      { providers: [PerRequest] },
      '@Cached on PerRequest.read() cannot work: its class is not a singleton',
    ],
    ['a transient provider', { providers: [PerUser] }, '@InvalidatesCache on PerUser.write() cannot work'],
    ['a controller', { controllers: [Endpoint] }, '@Cached on Endpoint.read() cannot work: its class is a controller'],
  ])('refuses to boot on %s', async (_, parts, message) => {
    const imports = [CacheModule.forRoot({ redisUrl: undefined, cacheMaxMegabytes: 8 })];
    const module = await Test.createTestingModule({ imports, ...parts }).compile();
    await expect(module.init()).rejects.toThrow(message);
  });
});
