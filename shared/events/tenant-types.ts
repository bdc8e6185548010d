import type { ErrorDetail } from '../errors/tidegate-error.ts';
import { eventTypeNames, familyOf, findEventType } from './catalogue.ts';
import { checkSchema, schemaLimits } from './schema-check.ts';
import type { JsonSchema } from './schema-weight.ts';

export const typeNamePattern = /^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$/;
export const typeNameCharactersMax = 100;

/** Families that no tenant may name types in: those of built-in types, and some kept for later ones. */
export const reservedFamilies: readonly string[] = [
  ...new Set([
    ...eventTypeNames.map(familyOf),
    'credential',
    'event',
    'hook',
    'inbound',
    'system',
    'tenant',
    'tidegate',
    'webhook',
  ]),
].toSorted();

/** A type of event of a tenant's own, as it is registered. */
export interface TenantTypeInput {
  readonly name: string;
  /** JSON Schema of the data; see docs/events.md for what it may use. */
  readonly schema: unknown;
}

export type TenantTypeVerdict =
  | { readonly ok: true; readonly name: string; readonly schema: JsonSchema }
  | { readonly ok: false; readonly issues: readonly [ErrorDetail, ...ErrorDetail[]] };

/** Whether a tenant may register this type. Whether it has one of that name is not asked here. */
export function checkTenantType({ name, schema }: TenantTypeInput): TenantTypeVerdict {
  const [first, ...rest] = [...nameFaults(name), ...schemaFaults(schema)];
  return first === undefined
    ? { ok: true, name, schema: schema as JsonSchema }
    : { ok: false, issues: [first, ...rest] };
}

function nameFaults(name: string): ErrorDetail[] {
  const message = nameFault(name);
  return message === undefined ? [] : [{ pointer: '/name', message }];
}

function nameFault(name: string): string | undefined {
  if (name.length > typeNameCharactersMax) {
    return `A name has at most ${typeNameCharactersMax} characters.`;
  }
  if (!typeNamePattern.test(name)) {
    return 'A name is two or more words of a–z 0–9 _ that begin with a letter, joined by full stops.';
  }
  if (findEventType(name) !== undefined) return `${name} is a built-in type.`;
  if (reservedFamilies.includes(familyOf(name))) {
    return `The family ${familyOf(name)} is reserved: ${reservedFamilies.join(', ')}.`;
  }
  return undefined;
}

function schemaFaults(schema: unknown): ErrorDetail[] {
  const text = JSON.stringify(schema) ?? '';
  if (new TextEncoder().encode(text).length > schemaLimits.bytes) {
    return [{ pointer: '/schema', message: `A schema has at most ${schemaLimits.bytes} bytes.` }];
  }
  return checkSchema(schema).map((issue) => ({ ...issue, pointer: `/schema${issue.pointer}` }));
}
