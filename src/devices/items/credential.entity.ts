import { Check, Column, Entity, ForeignKey, PrimaryGeneratedColumn, Unique, UpdateDateColumn } from 'typeorm';
import { StoredSecretKey } from '../../platform/security/secret-key.entity.js';
import type { SnmpCredential } from '../credential.js';

/** An SNMP credential. What is secret of it is in `sealed`; the rest is beside it, so that who lists them opens nothing. */
@Entity('credentials')
@Unique('credentials_name_key', ['name'])
@Check('credentials_kind_check', "kind IN ('snmp_v2c', 'snmp_v3')")
export class Credential {
  @PrimaryGeneratedColumn('uuid')
  id: string;

  @Column({ type: 'text' })
  name: string;

  @Column({ type: 'text' })
  kind: SnmpCredential['kind'];

  @Column({ name: 'user_name', type: 'text', nullable: true })
  userName: string | null;

  @Column({ name: 'auth_protocol', type: 'text', nullable: true })
  authProtocol: string | null;

  @Column({ name: 'priv_protocol', type: 'text', nullable: true })
  privProtocol: string | null;

  @Column({ name: 'key_id', type: 'text' })
  @ForeignKey(() => StoredSecretKey, { name: 'credentials_key_fkey' })
  keyId: string;

  /** An {@link SnmpCredential} as JSON. */
  @Column({ type: 'bytea' })
  sealed: Buffer;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz', default: () => 'now()' })
  updatedAt: Date;
}
