import { Check, Column, Entity, Index, PrimaryGeneratedColumn, Unique, UpdateDateColumn } from 'typeorm';

/** How devices are watched. Null intervals follow the settings. */
@Entity('profiles')
@Unique('profiles_name_key', ['name'])
@Check('profiles_mode_check', "mode IN ('standalone', 'snmp_only')")
@Index('profiles_default_idx', ['isDefault'], { unique: true, where: 'is_default' })
export class Profile {
  @PrimaryGeneratedColumn('uuid')
  id: string;

  @Column({ type: 'text' })
  name: string;

  @Column({ type: 'text', nullable: true })
  description: string | null;

  @Column({ type: 'text', default: 'standalone' })
  mode: 'standalone' | 'snmp_only';

  @Column({ name: 'is_default', type: 'boolean', default: false })
  isDefault: boolean;

  @Column({ name: 'ping_interval_seconds', type: 'integer', nullable: true })
  pingIntervalSeconds: number | null;

  @Column({ type: 'integer', default: 3 })
  packets: number;

  @Column({ name: 'timeout_ms', type: 'integer', default: 900 })
  timeoutMs: number;

  @Column({ name: 'down_after', type: 'integer', default: 2 })
  downAfter: number;

  @Column({ name: 'up_after', type: 'integer', default: 2 })
  upAfter: number;

  @Column({ name: 'snmp_interval_seconds', type: 'integer', nullable: true })
  snmpIntervalSeconds: number | null;

  @Column({ name: 'flap_low_percent', type: 'real', default: 25 })
  flapLowPercent: number;

  @Column({ name: 'flap_high_percent', type: 'real', default: 30 })
  flapHighPercent: number;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz', default: () => 'now()' })
  updatedAt: Date;
}
