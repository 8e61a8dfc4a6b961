import { statfs } from 'node:fs/promises';
import { Injectable } from '@nestjs/common';
import type { ComponentHealth } from '../component-health.js';
import { judgeDisk } from '../judge-disk.js';
import { HealthComponent } from './health-component.port.js';
import { DataFolder } from '../../monitoring/data-folder.js';

@Injectable()
export class DiskIndicator extends HealthComponent {
  readonly name = 'disk_space';

  constructor(private readonly folder: DataFolder) {
    super();
  }

  async assess(): Promise<ComponentHealth> {
    const { bavail, blocks, bsize } = await statfs(this.folder.path);
    return judgeDisk({ freeBytes: bavail * bsize, totalBytes: blocks * bsize });
  }
}
