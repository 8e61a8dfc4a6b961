import { statfs } from 'node:fs/promises';
import { Injectable } from '@nestjs/common';
import { DataFolder } from '../../data-folder.js';
import { SamplePart } from '../sample-part.port.js';
import { ofInstallation, type Sample } from '../sample.js';

/** The disk of the data folder. */
@Injectable()
export class DiskPart extends SamplePart {
  readonly name = 'the disk';

  constructor(private readonly folder: DataFolder) {
    super();
  }

  async take(): Promise<Sample[]> {
    const { bavail, blocks } = await statfs(this.folder.path);
    return blocks === 0 ? [] : ofInstallation({ 'self.disk_free_percent': (bavail / blocks) * 100 });
  }
}
