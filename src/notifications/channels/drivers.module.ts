import { Module } from '@nestjs/common';
import { OutboundModule } from '../outbound/outbound.module.js';
import { ChannelDrivers } from './channel-drivers.js';
import { DiscordDriver } from './drivers/discord.driver.js';
import { EmailDriver } from './drivers/email.driver.js';
import { JsonPoster } from './drivers/json-poster.driver.js';
import { PagerdutyDriver } from './drivers/pagerduty.driver.js';
import { SlackDriver } from './drivers/slack.driver.js';
import { TeamsDriver } from './drivers/teams.driver.js';
import { TelegramDriver } from './drivers/telegram.driver.js';
import { WebhookDriver } from './drivers/webhook.driver.js';

const DRIVERS = [WebhookDriver, EmailDriver, SlackDriver, DiscordDriver, TelegramDriver, TeamsDriver, PagerdutyDriver];

/** The drivers of all kinds of channels. */
@Module({
  imports: [OutboundModule],
  providers: [
    JsonPoster,
    ...DRIVERS,
    {
      provide: ChannelDrivers,
      inject: DRIVERS,
      useFactory: (...drivers: InstanceType<(typeof DRIVERS)[number]>[]) => new ChannelDrivers(drivers),
    },
  ],
  exports: [ChannelDrivers],
})
export class DriversModule {}
