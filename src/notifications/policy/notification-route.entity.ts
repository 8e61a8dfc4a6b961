import { Column, Entity, PrimaryGeneratedColumn, UpdateDateColumn } from 'typeorm';
import type { QuietHours } from './quiet-hours.js';
import type { RouteMatchers } from './route.js';

/** Who is told of which alerts, and when. */
@Entity('notification_routes')
export class NotificationRoute {
  @PrimaryGeneratedColumn('uuid')
  id: string;

  @Column({ type: 'text', unique: true })
  name: string;

  /** The least is asked first. */
  @Column({ type: 'integer', default: 100 })
  position: number;

  @Column({ type: 'boolean', default: true })
  enabled: boolean;

  @Column({ type: 'jsonb', default: {} })
  matchers: RouteMatchers;

  @Column({ name: 'channel_ids', type: 'uuid', array: true, default: [] })
  channelIds: string[];

  @Column({ type: 'boolean', default: false })
  continues: boolean;

  @Column({ name: 'group_wait_seconds', type: 'integer', nullable: true })
  groupWaitSeconds: number | null;

  @Column({ name: 'remind_every_minutes', type: 'integer', nullable: true })
  remindEveryMinutes: number | null;

  @Column({ name: 'escalate_after_minutes', type: 'integer', nullable: true })
  escalateAfterMinutes: number | null;

  @Column({ name: 'escalate_channel_ids', type: 'uuid', array: true, default: [] })
  escalateChannelIds: string[];

  @Column({ name: 'quiet_hours', type: 'jsonb', nullable: true })
  quietHours: QuietHours | null;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz', default: () => 'now()' })
  updatedAt: Date;
}
