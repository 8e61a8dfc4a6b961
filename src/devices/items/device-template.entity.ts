import { Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { Device } from '../inventory/device.entity.js';
import { Template } from './template.entity.js';

/** That a device has a template. */
@Entity('device_templates')
@Index('device_templates_template_idx', ['templateId'])
export class DeviceTemplate {
  @PrimaryColumn({ name: 'device_id', type: 'uuid' })
  @ForeignKey(() => Device, { name: 'device_templates_device_fkey', onDelete: 'CASCADE' })
  deviceId: string;

  @PrimaryColumn({ name: 'template_id', type: 'uuid' })
  @ForeignKey(() => Template, { name: 'device_templates_template_fkey', onDelete: 'CASCADE' })
  templateId: string;
}
