import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';

/** One write: who changed what, from what to what. Secrets are masked before they get here. */
@Entity('audit_log')
// Descending, which TypeORM cannot say: kept by the migration.
@Index('audit_log_at_id_idx', { synchronize: false })
@Index('audit_log_subject_idx', ['subjectType', 'subjectId'])
export class AuditEntry {
  /** A bigint, which the driver hands over as text. */
  @PrimaryGeneratedColumn('identity', { type: 'bigint', generatedIdentity: 'ALWAYS' })
  id: string;

  @Column({ type: 'timestamptz', default: () => 'now()' })
  at: Date;

  /** Name of the token, kept readable after the token is gone. */
  @Column({ type: 'text' })
  actor: string;

  @Column({ name: 'actor_token_id', type: 'uuid', nullable: true })
  actorTokenId: string | null;

  @Column({ type: 'text' })
  action: string;

  @Column({ name: 'subject_type', type: 'text' })
  subjectType: string;

  @Column({ name: 'subject_id', type: 'text', nullable: true })
  subjectId: string | null;

  @Column({ name: 'request_id', type: 'text', nullable: true })
  requestId: string | null;

  @Column({ name: 'remote_address', type: 'text', nullable: true })
  remoteAddress: string | null;

  @Column({ type: 'jsonb', nullable: true })
  before: Record<string, unknown> | null;

  @Column({ type: 'jsonb', nullable: true })
  after: Record<string, unknown> | null;
}
