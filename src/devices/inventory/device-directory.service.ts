import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { CacheService } from '../../platform/cache/cache.service.js';
import type { Page } from '../../platform/http/envelope.js';
import { ProblemException } from '../../platform/http/problem.js';
import { listRows } from '../../platform/security/list-rows.store.js';
import { DEVICE_FROM, DEVICE_SELECT, deviceList, presentDevice, type SelectedDevice } from './device-list.js';
import type { DeviceDto, DevicesQuery } from './devices.dto.js';
import { listKey } from './list-key.js';

type ListedDevice = SelectedDevice & { _at: string; _id: string };

const DEVICE_MS = 300_000;
const LIST_MS = 30_000;

/** Reads devices, which are kept until the inventory changes. Read-only: everybody gets the same objects. */
@Injectable()
export class DeviceDirectory {
  constructor(
    private readonly database: DataSource,
    private readonly cache: CacheService,
  ) {}

  /** Kept for 5 minutes; that there is none is not kept. @throws ProblemException `device_not_found` */
  one(id: string): Promise<DeviceDto> {
    const key = id.toLowerCase();
    return this.cache.getOrLoad(`device:${key}`, { ttlMs: DEVICE_MS }, () => this.read(key, this.database.manager));
  }

  /** Kept for 30 s. @throws ProblemException `invalid_cursor` */
  list(query: DevicesQuery): Promise<Page<unknown>> {
    return this.cache.getOrLoad(listKey('device-list', query), { ttlMs: LIST_MS }, () =>
      listRows(this.database, deviceList(query), query, (row: ListedDevice) => presentDevice(row)),
    );
  }

  /** As the transaction of `manager` sees it. @throws ProblemException `device_not_found` */
  async read(id: string, manager: EntityManager): Promise<DeviceDto> {
    const [row] = await manager.query<SelectedDevice[]>(`SELECT ${DEVICE_SELECT} FROM ${DEVICE_FROM} WHERE d.id = $1`, [
      id,
    ]);
    if (!row) throw new ProblemException('device_not_found');
    return presentDevice(row);
  }
}
