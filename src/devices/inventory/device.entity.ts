import { Check, Column, Entity, ForeignKey, Index, PrimaryGeneratedColumn, Unique, UpdateDateColumn } from 'typeorm';
import type { CheckKind } from '../check-kind.js';
import { Credential } from '../items/credential.entity.js';
import { Profile } from './profile.entity.js';
import { Site } from './site.entity.js';

const nullableText = { type: 'text', nullable: true } as const;

/** Something with an address that is watched. */
@Entity('devices')
@Unique('devices_num_key', ['num'])
@Check('devices_check_kind_check', "check_kind IN ('icmp', 'tcp', 'http')")
@Index('devices_ip_key', ['ip'], { unique: true, where: 'NOT duplicate_allowed' })
@Index('devices_ip_idx', ['ip', 'id'])
@Index('devices_name_idx', ['name', 'id'])
@Index('devices_created_idx', ['createdAt', 'id'])
@Index('devices_updated_idx', ['updatedAt', 'id'])
@Index('devices_site_idx', ['siteId'])
@Index('devices_parent_idx', ['parentId'])
@Index('devices_profile_idx', ['profileId'])
@Index('devices_vendor_idx', ['vendor'], { where: 'enabled' })
// A gin index, which TypeORM cannot say: kept by the migration.
@Index('devices_tags_idx', { synchronize: false })
export class Device {
  @PrimaryGeneratedColumn('uuid')
  id: string;

  /** What the history knows it by. */
  @Column({ type: 'integer', generated: 'identity', generatedIdentity: 'ALWAYS' })
  num: number;

  @Column({ type: 'text' })
  name: string;

  /** An address or a DNS name, in its one form. */
  @Column({ type: 'text' })
  ip: string;

  @Column(nullableText)
  hostname: string | null;

  @Column(nullableText)
  vendor: string | null;

  @Column({ ...nullableText, name: 'device_type' })
  deviceType: string | null;

  @Column({ ...nullableText, name: 'device_subtype' })
  deviceSubtype: string | null;

  @Column(nullableText)
  model: string | null;

  @Column(nullableText)
  location: string | null;

  @Column(nullableText)
  description: string | null;

  @Column({ type: 'boolean', default: true })
  enabled: boolean;

  @Column({ name: 'site_id', type: 'uuid', nullable: true })
  @ForeignKey(() => Site, { name: 'devices_site_fkey' })
  siteId: string | null;

  @Column({ name: 'profile_id', type: 'uuid' })
  @ForeignKey(() => Profile, { name: 'devices_profile_fkey' })
  profileId: string;

  @Column({ name: 'parent_id', type: 'uuid', nullable: true })
  @ForeignKey(() => Device, { name: 'devices_parent_fkey', onDelete: 'SET NULL' })
  parentId: string | null;

  @Column({ name: 'check_kind', type: 'text', default: 'icmp' })
  checkKind: CheckKind;

  @Column({ type: 'integer', nullable: true })
  port: number | null;

  @Column(nullableText)
  url: string | null;

  @Column({ ...nullableText, name: 'expected_status' })
  expectedStatus: string | null;

  @Column({ ...nullableText, name: 'expected_body' })
  expectedBody: string | null;

  @Column({ name: 'refused_is_up', type: 'boolean', default: false })
  refusedIsUp: boolean;

  @Column({ name: 'verify_tls', type: 'boolean', default: true })
  verifyTls: boolean;

  /** Allowed to share its address. Of the others, each address has one device. */
  @Column({ name: 'duplicate_allowed', type: 'boolean', default: false })
  duplicateAllowed: boolean;

  @Column({ type: 'text', array: true, default: '{}' })
  tags: string[];

  @Column({ name: 'custom_fields', type: 'jsonb', default: {} })
  customFields: Record<string, string | number | boolean | null>;

  @Column({ name: 'snmp_credential_id', type: 'uuid', nullable: true })
  @ForeignKey(() => Credential, { name: 'devices_snmp_credential_fkey' })
  snmpCredentialId: string | null;

  @Column({ name: 'snmp_port', type: 'integer', default: 161 })
  snmpPort: number;

  @Column({ name: 'discovered_at', type: 'timestamptz', nullable: true })
  discoveredAt: Date | null;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz', default: () => 'now()' })
  updatedAt: Date;
}
