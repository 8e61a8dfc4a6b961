import type { z } from 'zod';
import type { InvalidValue } from '../../../platform/http/problem.js';
import { tellable, validationMessage } from '../../../platform/http/validation-message.js';
import { canonicalHost, hostOf, literalRefusal } from '../../outbound/receiver-host.js';
import type { OutboundPolicy } from '../../outbound/outbound-guard.js';
import type { ChannelKind } from '../channel-driver.port.js';
import { channelConfigs } from './channel-config.dto.js';
import { maskedPaths } from './config-secrets.js';

type Config = Record<string, unknown>;

/** A configuration as its kind has it. @returns what is wrong with it instead, when something is */
export function readConfig(kind: ChannelKind, given: Config): { config: Config } | { errors: InvalidValue[] } {
  const masked = maskedPaths(kind, given);
  if (masked.length > 0) {
    const message = 'There is no stored secret that the mask could stand for here: give the secret.';
    return { errors: masked.map((path) => ({ path, message })) };
  }
  const schema = channelConfigs[kind];
  const result = schema.safeParse(given, { error: validationMessage });
  if (result.success) return { config: result.data };
  return { errors: tellable(result.error.issues).flatMap((issue) => invalidValues(issue, schema)) };
}

/** Why its receiver is refused, as far as that is known without looking a name up. */
export function receiverRefusal(kind: ChannelKind, config: Config, policy: OutboundPolicy): InvalidValue | null {
  const field = ['url', 'base_url', 'host'].find((each) => each in config)!;
  const text = String(config[field]);
  const host = kind === 'email' ? canonicalHost(text)! : hostOf(new URL(text));
  const message = literalRefusal(host, policy);
  return message === null ? null : { path: `config.${field}`, message };
}

function invalidValues(issue: z.core.$ZodIssue, schema: z.ZodObject): InvalidValue[] {
  if (issue.code !== 'unrecognized_keys')
    return [{ path: ['config', ...issue.path].join('.'), message: issue.message }];
  const message = `Unknown field. Valid: ${Object.keys(schema.shape).join(', ')}.`;
  return issue.keys.slice(0, 20).map((key) => ({ path: `config.${key}`.slice(0, 200), message }));
}
