import { Check, Column, Entity, PrimaryGeneratedColumn, UpdateDateColumn } from 'typeorm';
import type { Selector } from '../selector.js';

/** When which devices are worked on. */
@Entity('maintenance_windows')
@Check('maintenance_windows_order_check', 'ends_at > starts_at')
export class MaintenanceWindow {
  @PrimaryGeneratedColumn('uuid')
  id: string;

  @Column({ type: 'text' })
  name: string;

  @Column({ type: 'text', nullable: true })
  description: string | null;

  @Column({ type: 'jsonb' })
  scope: Selector;

  /** Of the first occurrence; the rule counts from here. */
  @Column({ name: 'starts_at', type: 'timestamptz' })
  startsAt: Date;

  @Column({ name: 'ends_at', type: 'timestamptz' })
  endsAt: Date;

  @Column({ type: 'text', nullable: true })
  rrule: string | null;

  @Column({ type: 'text', default: 'UTC' })
  timezone: string;

  /** Whether devices are probed meanwhile. */
  @Column({ type: 'boolean', default: true })
  collect: boolean;

  @Column({ name: 'counts_as_downtime', type: 'boolean', default: false })
  countsAsDowntime: boolean;

  @Column({ type: 'boolean', default: true })
  enabled: boolean;

  @Column({ name: 'created_by', type: 'text', nullable: true })
  createdBy: string | null;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz', default: () => 'now()' })
  updatedAt: Date;
}
