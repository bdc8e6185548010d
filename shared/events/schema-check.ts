import { isJsonObject } from '../domain/json-object.ts';
import type { ErrorDetail } from '../errors/tidegate-error.ts';
import { pointerOf } from './issues.ts';
import { checkKeyword, refTarget } from './keyword-check.ts';
import { subschemasOf, weightOf, type JsonSchema } from './schema-weight.ts';

/** Bounds of a tenant's schema. Depth is in subschemas; for weight see schema-weight.ts. */
export const schemaLimits = { bytes: 32_768, depth: 16, weight: 1_000, issues: 20 } as const;

type Path = readonly (string | number)[];

const draft = 'https://json-schema.org/draft/2020-12/schema';

/**
 * What is wrong with a schema that a tenant gives for its events, at most 20 faults; none when it can
 * be compiled. Refused are unknown keywords, values that are none of their keyword, and what would make
 * validation expensive: recursion, and references that multiply.
 */
export function checkSchema(schema: unknown): ErrorDetail[] {
  if (!isJsonObject(schema) || schema['type'] !== 'object') {
    return [{ pointer: '', message: 'The schema must be an object with "type": "object".' }];
  }
  const issues: ErrorDetail[] = [];
  if (schema['$schema'] !== undefined && schema['$schema'] !== draft) {
    issues.push({ pointer: '/$schema', message: `This must be ${draft}, or absent.` });
  }
  const definitions = isJsonObject(schema['$defs']) ? schema['$defs'] : {};
  walk(schema, [], { issues, definitions });
  return issues.length > 0 ? issues : checkWeight(schema);
}

function checkWeight(schema: JsonSchema): ErrorDetail[] {
  const weight = weightOf(schema);
  if (weight === Infinity) {
    return [{ pointer: '/$defs', message: 'Definitions must not be recursive.' }];
  }
  if (weight <= schemaLimits.weight) return [];
  const message = `With references resolved, a schema has at most ${schemaLimits.weight} subschemas, required names and pieces of enumerations.`;
  return [{ pointer: '', message }];
}

interface Walk {
  readonly issues: ErrorDetail[];
  readonly definitions: JsonSchema;
}

function walk(schema: unknown, path: Path, to: Walk, depth = 0): void {
  if (!isJsonObject(schema)) return;
  if (depth > schemaLimits.depth) {
    report(to, path, `A schema is nested at most ${schemaLimits.depth} levels.`);
    return;
  }
  for (const [keyword, value] of Object.entries(schema)) {
    const at = [...path, keyword];
    const fault = checkKeyword(keyword, value) ?? placeFault(keyword, value, path, to);
    if (fault === undefined) descend(keyword, value, at, to, depth);
    else report(to, at, fault);
  }
}

function placeFault(keyword: string, value: unknown, path: Path, to: Walk): string | undefined {
  if (keyword === '$defs' && path.length > 0) return 'Definitions stand at the root.';
  if (keyword === '$ref' && !Object.hasOwn(to.definitions, refTarget(String(value)))) {
    return 'There is no such definition.';
  }
  return undefined;
}

function descend(keyword: string, value: unknown, at: Path, to: Walk, depth: number): void {
  for (const [key, subschema] of subschemasOf(keyword, value)) {
    if (to.issues.length >= schemaLimits.issues) return;
    walk(subschema, key === undefined ? at : [...at, key], to, depth + 1);
  }
}

function report({ issues }: Walk, path: Path, message: string): void {
  if (issues.length < schemaLimits.issues) issues.push({ pointer: pointerOf(path), message });
}
