import { isJsonObject } from '../domain/json-object.ts';
import { Validator, type OutputUnit } from '@cfworker/json-schema';
import type { ErrorDetail } from '../errors/tidegate-error.ts';
import type { DataVerdict } from './issues.ts';
import { checkSchema } from './schema-check.ts';
import { weightOf, type JsonSchema } from './schema-weight.ts';

/** The most values, objects and lists included, that the data of a tenant's own event may have. */
export const dataValuesMax = 5_000;
/** Values times the weight of the schema, at most: 5,000 values for a usual schema, 250 for the heaviest. */
const stepsMax = 250_000;

const issuesMax = 20;

/**
 * The check of data against a schema that `checkSchema` passed; a TypeError for any other.
 *
 * The validator walks the schema and makes no code of it, so nothing a tenant writes is ever run. It is
 * told nothing it could fetch. And its time is bounded: a check is at most 250,000 steps, each in
 * proportion to the text it looks at; nothing in it backtracks.
 */
export function compileTenantSchema(schema: JsonSchema): (data: unknown) => DataVerdict {
  if (checkSchema(schema).length > 0) throw new TypeError('the schema has not been checked');
  const valuesMax = Math.min(dataValuesMax, Math.floor(stepsMax / weightOf(schema)));
  // The validator writes notes of its own on the schema.
  const validator = new Validator(structuredClone(schema), '2020-12', false);
  return (data) => {
    if (!isJsonObject(data)) return refuse('', 'The data of an event is an object.');
    if (hasMoreValues(data, valuesMax)) {
      return refuse('', `With this schema the data has at most ${valuesMax} values.`);
    }
    const issues = faultsOf(validator, data);
    const [first, ...rest] = issues;
    return first === undefined ? { ok: true, data } : { ok: false, issues: [first, ...rest] };
  };
}

function faultsOf(validator: Validator, data: unknown): ErrorDetail[] {
  try {
    const { valid, errors } = validator.validate(data);
    if (valid) return [];
    const leaves = errors.filter(({ keyword }) => !summaries.has(keyword));
    return (leaves.length > 0 ? leaves : errors).slice(0, issuesMax).map(toDetail);
  } catch (error) {
    // Faults by the hundred thousand end the validator's stack, and half a surrogate pair in a name
    // its pointers. Such data does not have the form of anything.
    if (!(error instanceof RangeError || error instanceof URIError)) throw error;
    return [{ pointer: '', message: 'The data cannot be checked against the schema of its type.' }];
  }
}

/** Faults that say no more than that there are faults further in, which are told themselves. */
const summaries: ReadonlySet<string> = new Set([
  'properties',
  'additionalProperties',
  'propertyNames',
  'items',
  'prefixItems',
  'allOf',
  'if',
  'dependentSchemas',
  '$ref',
]);

function toDetail({ instanceLocation, keyword, error }: OutputUnit): ErrorDetail {
  return {
    pointer: decodeURIComponent(instanceLocation.slice(1)),
    message: keyword === 'false' ? 'The schema does not allow this.' : error.slice(0, 300),
  };
}

function refuse(pointer: string, message: string): DataVerdict {
  return { ok: false, issues: [{ pointer, message }] };
}

/** Without recursion: data may be nested deeper than the stack. */
function hasMoreValues(data: unknown, valuesMax: number): boolean {
  const waiting: unknown[] = [data];
  let count = 0;
  while (waiting.length > 0) {
    const value = waiting.pop();
    count += 1;
    const inside = typeof value === 'object' && value !== null ? Object.values(value) : [];
    if (count + waiting.length + inside.length > valuesMax) return true;
    waiting.push(...inside);
  }
  return false;
}
