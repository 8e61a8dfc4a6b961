import { Column, Entity, ForeignKey, PrimaryGeneratedColumn, Unique } from 'typeorm';
import type { Transform, ValueType } from './item-fields.js';
import { Template } from './template.entity.js';

/** One item of a template; its name tells it apart from the others. */
@Entity('template_items')
@Unique('template_items_name_key', ['templateId', 'name'])
export class TemplateItem {
  @PrimaryGeneratedColumn('uuid')
  id: string;

  @Column({ name: 'template_id', type: 'uuid' })
  @ForeignKey(() => Template, { name: 'template_items_template_fkey', onDelete: 'CASCADE' })
  templateId: string;

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
}
