import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { StoredSecretKey } from '../../platform/security/secret-key.entity.js';
import { Credential } from '../items/credential.entity.js';
import { DeviceDirectory } from './device-directory.service.js';
import { Device } from './device.entity.js';
import { GroupMember } from './group-member.entity.js';
import { Group } from './group.entity.js';
import { InventoryTransaction } from './inventory-transaction.store.js';
import { PingBudget } from './ping-budget.store.js';
import { ProfileDirectory } from './profile-directory.service.js';
import { Profile } from './profile.entity.js';
import { Site } from './site.entity.js';

const shared = [InventoryTransaction, PingBudget, DeviceDirectory, ProfileDirectory];

/** Devices, sites, groups and profiles, for who reads or changes them. */
@Module({
  imports: [TypeOrmModule.forFeature([Device, Site, Group, GroupMember, Profile, Credential, StoredSecretKey])],
  providers: shared,
  exports: shared,
})
export class InventoryModule {}
