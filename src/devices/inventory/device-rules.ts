import { z } from 'zod';
import { instant } from '../../platform/http/instant.js';
import type { InvalidValue } from '../../platform/http/problem.js';
import { isStorable } from '../../platform/http/storable-text.js';
import { validationMessage } from '../../platform/http/validation-message.js';
import { CHECK_KINDS, type CheckKind } from '../check-kind.js';
import { readAddress } from './device-address.js';
import { customFields, tags } from './device-words.js';
import { readExpectedStatus } from './expected-status.js';
import { readUrl, urlAddress } from './device-url.js';

const text = (max: number) => z.string().trim().max(max);
const optionalText = (max: number) =>
  text(max)
    .transform((value) => (value === '' ? null : value))
    .nullable()
    .optional();
const reference = (what: string) => text(200).min(1).nullable().optional().describe(`Id or name of ${what}.`);
const id = z.uuid('Must be a UUID.').nullable().optional();
const portNumber = z.int('Must be a whole number from 1 to 65535.').min(1).max(65_535);

const address = z.string().max(300).transform(asked(readAddress, 'address'));

/** What can be said about a device, each by itself. How they go together is {@link deviceFaults}. */
export const deviceFieldSchemas = {
  name: text(200).min(1),
  ip: address.optional().describe('IPv4, IPv6 or a DNS name; of an HTTP check without it, the host of its `url`.'),
  hostname: optionalText(253),
  vendor: optionalText(200),
  device_type: optionalText(200),
  device_subtype: optionalText(200),
  model: optionalText(200),
  location: optionalText(500),
  description: optionalText(2_000),
  enabled: z.boolean().optional(),
  site: reference('a site'),
  site_id: id,
  profile: reference('a profile; null is the default one'),
  profile_id: id,
  parent: reference('the device it is reached through'),
  parent_id: id,
  check_kind: z.enum(CHECK_KINDS).optional(),
  port: portNumber.nullable().optional().describe('Of a TCP check.'),
  url: text(2_000).transform(asked(readUrl, 'url')).nullable().optional().describe('Of an HTTP check.'),
  expected_status: z
    .string()
    .max(200)
    .transform(asked(expectedStatus, 'status'))
    .nullable()
    .optional()
    .describe('`200`, `200-299`, several with commas; null is 200-399.'),
  expected_body: z
    .string()
    .max(1_000)
    .transform((value) => (value === '' ? null : value))
    .nullable()
    .optional()
    .describe('Text that the answer must hold.'),
  refused_is_up: z
    .boolean()
    .optional()
    .describe('Of a TCP check: a refused connection proves that the device is there.'),
  verify_tls: z.boolean().optional(),
  tags: tags.optional(),
  custom_fields: customFields.optional(),
  snmp_credential: reference('an SNMP credential'),
  snmp_credential_id: id,
  snmp_port: portNumber.optional(),
  discovered_at: instant('2026-11-21T09:00:00Z').nullable().optional(),
  allow_duplicate: z.boolean().optional().describe('Takes an address that another device has.'),
};

const REFERENCES = ['site', 'profile', 'parent', 'snmp_credential'] as const;

/** A new device as it is sent, before its references are looked up. */
export const newDevice = z
  .strictObject(deviceFieldSchemas)
  .superRefine((values, context) => {
    for (const { path, message } of [...doubleReferences(values), ...deviceFaults(withAddress(values))]) {
      context.addIssue({ code: 'custom', path: [path], message });
    }
  })
  .transform((values) => ({ ...foldReferences(withAddress(values)), ip: withAddress(values).ip! }));
/** References are ids or names; undefined where nothing was said. */
export type NewDevice = z.output<typeof newDevice>;

/** Changes of a device. What they make of it is to be checked by {@link deviceFaults} as well. */
export const deviceChanges = z
  .strictObject({ ...deviceFieldSchemas, name: deviceFieldSchemas.name.optional() })
  .superRefine((values, context) => {
    if (Object.keys(values).length === 0)
      context.addIssue({ code: 'custom', message: 'Must name at least one change.' });
    for (const { path, message } of doubleReferences(values))
      context.addIssue({ code: 'custom', path: [path], message });
  })
  .transform(foldReferences);
export type DeviceChanges = z.output<typeof deviceChanges>;

/** What {@link deviceFaults} looks at. */
export interface CheckedDevice {
  ip?: string | undefined;
  check_kind?: CheckKind | undefined;
  port?: number | null | undefined;
  url?: string | null | undefined;
}

/** What is wrong with a device as a whole. */
export function deviceFaults({ ip, check_kind: kind = 'icmp', port, url }: CheckedDevice): InvalidValue[] {
  const faults: InvalidValue[] = [];
  if (ip === undefined) faults.push({ path: 'ip', message: 'Is required.' });
  if (kind === 'tcp' && !port) faults.push({ path: 'port', message: 'Is required for a TCP check.' });
  if (kind === 'http' && !url) faults.push({ path: 'url', message: 'Is required for an HTTP check.' });
  return faults;
}

/**
 * One device of an import, by the very rules of `POST /devices`.
 * @returns the device, or every fault with the name of its field
 */
export function readNewDevice(row: unknown): { device: NewDevice } | { errors: InvalidValue[] } {
  const unstorable = unstorableFields(row);
  if (unstorable.length > 0) return { errors: unstorable };
  const result = newDevice.safeParse(row, { error: validationMessage });
  if (result.success) return { device: result.data };
  const errors = result.error.issues.flatMap((issue): InvalidValue[] =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({ path: key.slice(0, 200), message: 'Unknown field.' }))
      : [{ path: issue.path.join('.'), message: issue.message }],
  );
  return { errors };
}

/** Names of the fields a device may be given. */
export const DEVICE_FIELDS = Object.keys(deviceFieldSchemas);

function withAddress<
  T extends { ip?: string | undefined; check_kind?: CheckKind | undefined; url?: string | null | undefined },
>(values: T): T {
  if (values.ip !== undefined || values.check_kind !== 'http' || !values.url) return values;
  return { ...values, ip: urlAddress(values.url) };
}

type References = {
  [K in (typeof REFERENCES)[number] | `${(typeof REFERENCES)[number]}_id`]?: string | null | undefined;
};

function doubleReferences(values: References): InvalidValue[] {
  return REFERENCES.filter((name) => values[name] !== undefined && values[`${name}_id`] !== undefined).map((name) => ({
    path: `${name}_id`,
    message: `Give it or \`${name}\`, not both.`,
  }));
}

/** `site_id` is another way to say `site`. */
function foldReferences<T extends References>(values: T) {
  const { site_id, profile_id, parent_id, snmp_credential_id, ...rest } = values;
  return {
    ...rest,
    site: values.site === undefined ? site_id : values.site,
    profile: values.profile === undefined ? profile_id : values.profile,
    parent: values.parent === undefined ? parent_id : values.parent,
    snmp_credential: values.snmp_credential === undefined ? snmp_credential_id : values.snmp_credential,
  };
}

function unstorableFields(row: unknown): InvalidValue[] {
  return Object.entries(row ?? {})
    .filter(([key, value]) => !isStorable(key) || holdsUnstorable(value))
    .map(([key]) => ({ path: key.slice(0, 200), message: 'Must not hold NUL characters or unpaired surrogates.' }));
}

function holdsUnstorable(value: unknown): boolean {
  if (typeof value === 'string') return !isStorable(value);
  if (typeof value !== 'object' || value === null) return false;
  // One level is all that a device has; what is deeper, its schema refuses.
  return Object.entries(value).some(([key, inner]) =>
    [key, inner].some((each) => typeof each === 'string' && !isStorable(each)),
  );
}

function expectedStatus(value: string): { status: string } | { problem: string } {
  const status = readExpectedStatus(value);
  return status === null ? { problem: 'Must be such as 200, 200-299 or 200,301-302.' } : { status };
}

/** Makes a reading a step of a schema. */
function asked<K extends string>(read: (value: string) => { [key in K]: string } | { problem: string }, key: K) {
  return (value: string, context: z.RefinementCtx): string => {
    const reading = read(value);
    if (!('problem' in reading)) return reading[key];
    context.addIssue({ code: 'custom', message: reading.problem });
    return z.NEVER;
  };
}
