/**
 * The JSON Schema that tenants may describe their events with: keywords of draft 2020-12, and what
 * each takes. It is a list of what is allowed, so that nothing a validator does with a keyword that
 * nobody thought of is at a tenant's disposal.
 *
 * Left out on purpose: `pattern` and `patternProperties` (a backtracking engine can be made to run for
 * ever; `format` serves the usual cases), `uniqueItems` (quadratic), `unevaluated…`, `$anchor`,
 * `$dynamicRef` and references other than to the schema's own `$defs`.
 */
export type KeywordForm =
  | 'annotation'
  | 'anyValue'
  | 'values'
  | 'number'
  | 'positiveNumber'
  | 'count'
  | 'names'
  | 'nameLists'
  | 'types'
  | 'format'
  | 'ref'
  | 'schema'
  | 'schemas'
  | 'schemaMap';

export const schemaKeywords: ReadonlyMap<string, KeywordForm> = new Map([
  ...each('annotation', [
    '$schema',
    '$comment',
    'title',
    'description',
    'default',
    'examples',
    'deprecated',
    'readOnly',
    'writeOnly',
  ]),
  ...each('types', ['type']),
  ...each('anyValue', ['const']),
  ...each('values', ['enum']),
  ...each('number', ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum']),
  ...each('positiveNumber', ['multipleOf']),
  ...each('count', [
    'minLength',
    'maxLength',
    'minItems',
    'maxItems',
    'minContains',
    'maxContains',
    'minProperties',
    'maxProperties',
  ]),
  ...each('names', ['required']),
  ...each('nameLists', ['dependentRequired']),
  ...each('format', ['format']),
  ...each('ref', ['$ref']),
  ...each('schema', [
    'additionalProperties',
    'propertyNames',
    'items',
    'contains',
    'not',
    'if',
    'then',
    'else',
  ]),
  ...each('schemas', ['allOf', 'anyOf', 'oneOf', 'prefixItems']),
  ...each('schemaMap', ['properties', 'dependentSchemas', '$defs']),
]);

function each(form: KeywordForm, keywords: readonly string[]): [string, KeywordForm][] {
  return keywords.map((keyword) => [keyword, form]);
}

export const schemaTypes = [
  'object',
  'array',
  'string',
  'number',
  'integer',
  'boolean',
  'null',
] as const;

/** Formats whose check takes time in proportion to the text. */
export const schemaFormats = [
  'date',
  'time',
  'date-time',
  'duration',
  'email',
  'hostname',
  'ipv4',
  'ipv6',
  'uri',
  'uuid',
] as const;
