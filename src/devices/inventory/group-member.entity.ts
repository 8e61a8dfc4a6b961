import { Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { Device } from './device.entity.js';
import { Group } from './group.entity.js';

/** A device in a group that has no selector. */
@Entity('group_members')
@Index('group_members_device_idx', ['deviceId'])
export class GroupMember {
  @PrimaryColumn({ name: 'group_id', type: 'uuid', primaryKeyConstraintName: 'group_members_pkey' })
  @ForeignKey(() => Group, { name: 'group_members_group_fkey', onDelete: 'CASCADE' })
  groupId: string;

  @PrimaryColumn({ name: 'device_id', type: 'uuid', primaryKeyConstraintName: 'group_members_pkey' })
  @ForeignKey(() => Device, { name: 'group_members_device_fkey', onDelete: 'CASCADE' })
  deviceId: string;
}
