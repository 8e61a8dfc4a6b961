import { Check, Column, Entity, ForeignKey, Index, PrimaryGeneratedColumn, Unique, UpdateDateColumn } from 'typeorm';
import { Device } from '../inventory/device.entity.js';
import type { Transform, ValueType } from './item-fields.js';
import { TemplateItem } from './template-item.entity.js';

/** What is asked of one device over SNMP. */
@Entity('monitoring_items')
@Unique('monitoring_items_num_key', ['num'])
@Unique('monitoring_items_name_key', ['deviceId', 'name'])
@Check('monitoring_items_value_type_check', "value_type IN ('number', 'text')")
@Check('monitoring_items_transform_check', "transform IN ('none', 'rate')")
@Index('monitoring_items_template_item_idx', ['templateItemId'])
export class MonitoringItem {
  @PrimaryGeneratedColumn('uuid')
  id: string;

  /** What the history knows it by. */
  @Column({ type: 'integer', generated: 'identity', generatedIdentity: 'ALWAYS' })
  num: number;

  @Column({ name: 'device_id', type: 'uuid' })
  @ForeignKey(() => Device, { name: 'monitoring_items_device_fkey', onDelete: 'CASCADE' })
  deviceId: string;

  /** Null: the device has it by itself. */
  @Column({ name: 'template_item_id', type: 'uuid', nullable: true })
  @ForeignKey(() => TemplateItem, { name: 'monitoring_items_template_item_fkey', onDelete: 'CASCADE' })
  templateItemId: string | null;

  @Column({ type: 'text' })
  name: string;

  @Column({ type: 'text' })
  oid: string;

  @Column({ name: 'value_type', type: 'text', default: 'number' })
  valueType: ValueType;

  @Column({ type: 'text', default: 'none' })
  transform: Transform;

  @Column({ type: 'text', nullable: true })
  units: string | null;

  @Column({ name: 'interval_seconds', type: 'integer', nullable: true })
  intervalSeconds: number | null;

  @Column({ type: 'boolean', default: true })
  enabled: boolean;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz', default: () => 'now()' })
  updatedAt: Date;
}
