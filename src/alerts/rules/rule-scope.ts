import { z } from 'zod';
import { type Selector, selectorSchema } from '../../devices/selector.js';
import { tellable, validationMessage } from '../../platform/http/validation-message.js';
import type { TargetKind } from '../../metrics/metric.js';
import type { Scope } from '../engine/rule.js';

const names = z.array(z.string().min(1).max(200)).min(1).max(500);
const devices = z.array(z.string().min(1).max(200)).min(1).max(10_000);

const deviceScope = z.strictObject({
  kind: z.literal('devices'),
  selector: selectorSchema.describe('Devices that meet all of its fields, each with any of its values.'),
  templates: names.optional().describe('Ids or names of templates, one of which is applied to the device.'),
});
const swarmScope = z.strictObject({
  kind: z.literal('swarm'),
  names: names.optional().describe('Of nodes or services, `*` for any text; absent: all.'),
});
const selfScope = z.strictObject({ kind: z.literal('self') });
/** As it is answered. Sites, groups, profiles and templates go by name, devices by id. */
export const scopeSchema = z.discriminatedUnion('kind', [deviceScope, swarmScope, selfScope]);

/** The fields of a selector as people type them: without `kind`, and devices also by name. */
const flatScope = z
  .strictObject({ ...selectorSchema.shape, devices: devices.optional(), templates: names.optional() })
  .refine((scope) => Object.keys(scope).length > 0, {
    error: 'Must name at least one condition; {"all": true} is every device.',
  });
const SHORTHANDS = { all: everyDevice(), swarm: { kind: 'swarm' }, self: { kind: 'self' } } as const;

/** A scope as it was sent, its references not looked up yet. */
export interface GivenScope {
  scope: Scope;
  /** Devices by id or name, to be added to the ids of the selector. */
  devices: string[];
  /** Where the fields of the selector were, such as `scope.selector`. */
  path: string;
}

/** Takes every way to write a scope. */
export const givenScopeSchema = z
  .unknown()
  .transform((value, context): GivenScope => {
    const read = readScope(value);
    if (read.success) return read.data;
    for (const issue of tellable(read.error.issues)) {
      const keys = issue.code === 'unrecognized_keys' ? issue.keys : [];
      const message = keys.length > 0 ? `Unknown field. ${VALID}` : issue.message;
      for (const path of keys.length > 0 ? keys.map((key) => [...issue.path, key]) : [issue.path]) {
        context.issues.push({ code: 'custom', path, message, input: value });
      }
    }
    return z.NEVER;
  })
  .meta({
    description:
      'What the rule is about: `"all"`, `"swarm"` or `"self"`; the fields of a selector, devices also by name: ' +
      '`{"sites": ["Berlin"], "tags": ["core"]}`, `{"devices": ["core-sw-1"]}`, `{"templates": ["Switch"]}`; or the form that is answered. ' +
      'Without it, all that the metrics of the condition are of.',
    examples: ['all', { sites: ['Berlin'], tags: ['core'] }, { kind: 'swarm', names: ['web*'] }],
  });

const VALID = `Valid: kind, or devices, templates, ${Object.keys(selectorSchema.shape).join(', ')}.`;

/** What a rule without a scope is about. */
export function defaultScope(target: TargetKind | undefined): Scope {
  if (target === undefined || target === 'device') return everyDevice();
  return { kind: target === 'swarm' || target === 'node' || target === 'service' ? 'swarm' : 'self' };
}

function everyDevice(): Scope {
  return { kind: 'devices', selector: { all: true } };
}

type ReadScope =
  { success: true; data: GivenScope } | { success: false; error: { issues: readonly z.core.$ZodIssue[] } };

function readScope(value: unknown): ReadScope {
  const short = typeof value === 'string' && Object.hasOwn(SHORTHANDS, value) ? SHORTHANDS[value as 'all'] : value;
  if (typeof short === 'string') return refuse(`Must be one of: ${Object.keys(SHORTHANDS).join(', ')}, or an object.`);
  if (typeof short !== 'object' || short === null || Array.isArray(short))
    return refuse('Must be a text or an object.');
  if ('kind' in short) {
    return scopeSchema.transform((scope) => given(scope as Scope, [], 'scope.selector')).safeParse(short, TOLD);
  }
  return flatScope
    .transform(({ devices: some = [], templates, ...fields }) => {
      // Typed by hand, `all` stands beside what narrows it; templates alone narrow all devices.
      const selector = Object.keys(fields).length > 0 || some.length > 0 ? fields : { all: true as const };
      return given({ kind: 'devices', selector: selector as Selector, ...(templates && { templates }) }, some, 'scope');
    })
    .safeParse(short, TOLD);
}

const TOLD = { error: validationMessage };
const given = (scope: Scope, some: string[], path: string): GivenScope => ({ scope, devices: some, path });

function refuse(message: string): ReadScope {
  return { success: false, error: { issues: [{ code: 'custom', path: [], message, input: undefined }] } };
}
