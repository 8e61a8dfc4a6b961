import { Injectable, Logger } from '@nestjs/common';
import { DataSource, In } from 'typeorm';
import { SecretBox } from '../../platform/security/secret-box.service.js';
import type { SnmpCredential } from '../credential.js';
import { Credential } from './credential.entity.js';
import { sealedCredentials } from './sealed-credentials.js';

/** Opens credentials, for who speaks to devices. */
@Injectable()
export class CredentialVault {
  private readonly log = new Logger('CredentialVault');

  constructor(
    private readonly database: DataSource,
    private readonly box: SecretBox,
  ) {}

  /**
   * Costs one query for any number. Keep the result no longer than one poll.
   * @returns by id; one that is gone or does not open (logged) is left out, so that it holds up no other
   */
  async reveal(ids: string[]): Promise<Map<string, SnmpCredential>> {
    if (ids.length === 0) return new Map();
    const rows = await this.database.manager.find(Credential, {
      select: { id: true, name: true, keyId: true, sealed: true },
      where: { id: In([...new Set(ids)]) },
    });
    const opened = new Map<string, SnmpCredential>();
    for (const { id, name, keyId, sealed } of rows) {
      try {
        const text = await this.box.open({ keyId, sealed }, sealedCredentials.context(id));
        opened.set(id, JSON.parse(text) as SnmpCredential);
      } catch (error) {
        this.log.error(`The credential "${name}" cannot be used: ${(error as Error).message}`);
      }
    }
    return opened;
  }
}
