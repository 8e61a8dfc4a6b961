import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A key that sealed values exist under; not the key itself. */
@Entity('secret_keys')
export class StoredSecretKey {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'secret_keys_pkey' })
  id: string;

  /** A known text sealed with it. */
  @Column({ type: 'bytea' })
  verifier: Buffer;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;
}
