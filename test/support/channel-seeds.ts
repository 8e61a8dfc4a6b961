import { ChannelVault } from '../../src/notifications/channels/channel-vault.store.js';
import type { OpenedChannel } from '../../src/notifications/channels/channel-driver.port.js';
import type { InventoryLab } from './inventory-lab.js';
import type { Shown } from './secrets-lab.js';

/** A channel, as it is answered. */
export interface ShownChannel extends Shown {
  config: Record<string, unknown>;
}

/** What is answered in place of a secret. */
export const MASK = '********';

// One of each kind. Their secrets have `planted` in them.
export const webhook = {
  name: 'hook',
  kind: 'webhook',
  config: {
    url: 'http://127.0.0.1:9/hook',
    secret: 'planted-hmac-secret',
    headers: { Authorization: 'Bearer planted-header' },
  },
};
export const email = {
  name: 'mail',
  kind: 'email',
  config: {
    host: 'smtp.example.org',
    user: 'alerts',
    password: 'planted-password',
    from: 'a@example.org',
    to: ['b@example.org'],
  },
};
export const slack = {
  name: 'slack',
  kind: 'slack',
  config: { url: 'https://hooks.example.org/services/T0/B0/planted-slack' },
};
export const discord = {
  name: 'discord',
  kind: 'discord',
  config: { url: 'https://discord.example.org/api/webhooks/1/planted-discord' },
};
export const teams = {
  name: 'teams',
  kind: 'teams',
  config: { url: 'https://x.example.org/workflows/1?sig=planted-teams' },
};
export const telegram = {
  name: 'telegram',
  kind: 'telegram',
  config: { bot_token: '123456:planted-telegram-token-AAAAAAAA', chat_id: -100 },
};
export const pagerduty = {
  name: 'pagerduty',
  kind: 'pagerduty',
  config: { routing_key: 'plantedpagerdutyplantedpagerdut1' },
};

export const all = [webhook, email, slack, discord, teams, telegram, pagerduty];
/** Its address holds a secret. */
export const keyed = { name: 'keyed', kind: 'webhook', config: { url: 'http://127.0.0.1:9/hook?key=planted-query' } };

export interface ChannelTools {
  make(body: object): Promise<ShownChannel>;
  vault(): ChannelVault;
  /** With its secrets, as who sends has it. */
  opened(id: string): Promise<OpenedChannel['config'] | undefined>;
}

/** Makes channels and opens them, in the lab that is there at that moment. */
export function channelTools(current: () => InventoryLab): ChannelTools {
  const make = async (body: object): Promise<ShownChannel> => {
    const { status, data, detail } = await current().call<ShownChannel>('POST', '/channels', body);
    expect([status, detail]).toEqual([201, undefined]);
    return data;
  };
  const vault = () => current().app.get(ChannelVault, { strict: false });
  const opened = async (id: string) => (await vault().open([id])).get(id)?.opened?.config;
  return { make, vault, opened };
}
