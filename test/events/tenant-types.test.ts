import { Ajv2020 } from 'ajv/dist/2020.js';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { eventTypeNames, familyOf } from '../../shared/events/catalogue.ts';
import { checkSchema, schemaLimits } from '../../shared/events/schema-check.ts';
import { schemaFormats } from '../../shared/events/schema-keywords.ts';
import { weightOf, type JsonSchema } from '../../shared/events/schema-weight.ts';
import { compileTenantSchema, dataValuesMax } from '../../shared/events/tenant-schema.ts';
import { checkTenantType } from '../../shared/events/tenant-types.ts';

const object = { type: 'object' } as const;

const pointersOf = (issues: readonly { readonly pointer: string }[]) =>
  issues.map(({ pointer }) => pointer);

describe('the name of a type of a tenant', () => {
  const check = (name: string) => checkTenantType({ name, schema: object });

  test.for(['order.shipped', 'a.b', 'order_2.line_item.packed', `o.${'x'.repeat(98)}`])(
    'S-101 %s is taken',
    (name) => {
      expect(check(name)).toEqual({ ok: true, name, schema: object });
    },
  );

  test.for([
    'order',
    'Order.shipped',
    'order.',
    '.shipped',
    'order..shipped',
    '1order.shipped',
    'order.shipped\n',
    'order-line.packed',
    '__proto__.x',
    '',
    `o.${'x'.repeat(99)}`,
    ...eventTypeNames.slice(0, 3),
    'ticket.escalated',
    'endpoint.mine',
    'test.mine',
    'tidegate.x',
  ])('%j is refused', (name) => {
    const verdict = check(name);
    expect(verdict.ok ? [] : pointersOf(verdict.issues)).toEqual(['/name']);
  });

  test('no name in the family of a built-in type is taken', () => {
    for (const name of eventTypeNames) expect(check(`${familyOf(name)}.zzz`).ok, name).toBe(false);
  });
});

const refusedSchemas: [string, unknown, string][] = [
  ['no schema', undefined, ''],
  ['a list', [], ''],
  ['true', true, ''],
  ['a root that is no object', { type: 'array' }, ''],
  ['a root of several types', { type: ['object', 'null'] }, ''],
  ['another draft', { ...object, $schema: 'http://json-schema.org/draft-07/schema#' }, '/$schema'],
  ['an unknown keyword', { ...object, properties: { a: { kind: 1 } } }, '/properties/a/kind'],
  ['a pattern', { ...object, properties: { a: { pattern: '(a+)+$' } } }, '/properties/a/pattern'],
  ['patternProperties', { ...object, patternProperties: {} }, '/patternProperties'],
  [
    'uniqueItems',
    { ...object, properties: { a: { uniqueItems: true } } },
    '/properties/a/uniqueItems',
  ],
  [
    'a format that needs an expression',
    { ...object, properties: { a: { format: 'regex' } } },
    '/properties/a/format',
  ],
  ['a remote reference', { ...object, $ref: 'https://example.org/schema' }, '/$ref'],
  [
    'a reference to the root',
    { ...object, properties: { a: { $ref: '#' } } },
    '/properties/a/$ref',
  ],
  ['a reference to nothing', { ...object, $ref: '#/$defs/a' }, '/$ref'],
  ['an inherited name', { ...object, $defs: {}, $ref: '#/$defs/toString' }, '/$ref'],
  ['$id', { ...object, $id: 'https://example.org/' }, '/$id'],
  ['$anchor', { ...object, $anchor: 'a' }, '/$anchor'],
  ['$dynamicRef', { ...object, $dynamicRef: '#a' }, '/$dynamicRef'],
  ['definitions inside', { ...object, not: { $defs: {} } }, '/not/$defs'],
  ['an internal note', { ...object, __absolute_uri__: 'x' }, '/__absolute_uri__'],
  [
    'a recursive definition',
    { ...object, $defs: { a: { items: { $ref: '#/$defs/a' } } } },
    '/$defs',
  ],
  [
    'definitions that lead to each other',
    { ...object, $defs: { a: { $ref: '#/$defs/b' }, b: { not: { $ref: '#/$defs/a' } } } },
    '/$defs',
  ],
  ['a type that is none', { ...object, properties: { a: { type: 'text' } } }, '/properties/a/type'],
  [
    'a minimum that is a text',
    { ...object, properties: { a: { minimum: '1' } } },
    '/properties/a/minimum',
  ],
  ['multipleOf 0', { ...object, properties: { a: { multipleOf: 0 } } }, '/properties/a/multipleOf'],
  [
    'a negative length',
    { ...object, properties: { a: { minLength: -1 } } },
    '/properties/a/minLength',
  ],
  ['required names that are none', { ...object, required: [1] }, '/required'],
  ['an empty enumeration', { ...object, properties: { a: { enum: [] } } }, '/properties/a/enum'],
  ['an empty allOf', { ...object, allOf: [] }, '/allOf'],
  ['a schema that is a number', { ...object, properties: { a: 1 } }, '/properties'],
  ['old tuples', { ...object, properties: { a: { items: [true] } } }, '/properties/a/items'],
];

describe('the schema of a type of a tenant', () => {
  test.for(refusedSchemas)('with %s is refused', ([, schema, pointer]) => {
    expect(pointersOf(checkSchema(schema))).toEqual([pointer]);
    expect(() => compileTenantSchema(schema as JsonSchema)).toThrow(TypeError);
  });

  test('faults of a registration point into it, and are at most 20', () => {
    const properties = Object.fromEntries(
      Array.from({ length: 30 }, (_, index) => [`p${index}`, { pattern: 'x' }]),
    );
    const verdict = checkTenantType({ name: 'Order', schema: { ...object, properties } });
    const pointers = verdict.ok ? [] : pointersOf(verdict.issues);
    expect(pointers.slice(0, 2)).toEqual(['/name', '/schema/properties/p0/pattern']);
    expect(pointers).toHaveLength(1 + schemaLimits.issues);
  });

  test('has at most 32 KiB', () => {
    const sized = (bytes: number) => {
      const bare = JSON.stringify({ ...object, description: '' }).length;
      return { ...object, description: 'x'.repeat(bytes - bare) };
    };
    const check = (schema: unknown) => checkTenantType({ name: 'order.shipped', schema }).ok;
    expect(check(sized(schemaLimits.bytes))).toBe(true);
    expect(check(sized(schemaLimits.bytes + 1))).toBe(false);
    expect(check({ ...object, description: 'é'.repeat(17_000) })).toBe(false);
  });

  test('is nested at most 16 levels', () => {
    const nested = (levels: number) =>
      Array.from({ length: levels }).reduce<object>((inner) => ({ not: inner }), {});
    expect(checkSchema({ ...object, ...nested(16) })).toEqual([]);
    expect(checkSchema({ ...object, ...nested(17) })).toHaveLength(1);
  });

  test('that doubles with every definition is refused at once', () => {
    const level = (index: number) => ({
      allOf: [{ $ref: `#/$defs/d${index + 1}` }, { $ref: `#/$defs/d${index + 1}` }],
    });
    const levels = Array.from({ length: 300 }, (_, index) => [`d${index}`, level(index)]);
    const $defs = { ...Object.fromEntries(levels), d300: { type: 'string' } };
    const schema = { ...object, $defs, properties: { a: { $ref: '#/$defs/d0' } } };
    expect(pointersOf(checkSchema(schema))).toEqual(['']);
  });
});

const shipped = {
  type: 'object',
  required: ['orderId', 'lines'],
  properties: {
    orderId: { type: 'string', maxLength: 4 },
    shippedAt: { type: 'string', format: 'date-time' },
    lines: { type: 'array', items: { $ref: '#/$defs/line' } },
  },
  additionalProperties: false,
  $defs: { line: { type: 'object', required: ['sku'], properties: { sku: { type: 'string' } } } },
} as const;

describe('data of a type of a tenant', () => {
  const check = compileTenantSchema(shipped);

  test('S-101 that fits is taken as it is', () => {
    const data = {
      orderId: 'o💶1',
      lines: [{ sku: 'a', more: 1 }],
      shippedAt: '2026-03-02T10:15:30Z',
    };
    expect(check(data)).toEqual({ ok: true, data });
  });

  test.for<[unknown, string[]]>([
    [{}, ['', '']],
    [{ orderId: 'order', lines: [{ sku: 'a' }, {}] }, ['/orderId', '/lines/1']],
    [{ orderId: 'o', lines: [], 'a/b~c d%': 1 }, ['/a~1b~0c d%']],
    [{ orderId: 'o', lines: [], shippedAt: 'today' }, ['/shippedAt']],
    [[], ['']],
    [null, ['']],
    ['text', ['']],
  ])('%j is refused at %j', ([data, pointers]) => {
    const verdict = check(data);
    expect(verdict.ok ? [] : pointersOf(verdict.issues)).toEqual(pointers);
  });

  test('says what is not allowed without telling of the validator', () => {
    expect(check({ orderId: 'o', lines: [], x: 1 })).toEqual({
      ok: false,
      issues: [{ pointer: '/x', message: 'The schema does not allow this.' }],
    });
  });

  test('leaves the registered schema as it is', () => {
    expect(Object.getOwnPropertyNames(shipped.$defs.line)).toEqual(Object.keys(shipped.$defs.line));
    expect(() => compileTenantSchema(Object.freeze({ ...object }))).not.toThrow();
  });

  test('with names of the language is only data', () => {
    const schema = JSON.parse(
      '{"type":"object","properties":{"__proto__":{"type":"string"},"constructor":{"type":"number"}},"required":["__proto__"],"additionalProperties":false}',
    ) as JsonSchema;
    const verify = compileTenantSchema(schema);
    expect(verify({}).ok).toBe(false);
    expect(verify(JSON.parse('{"__proto__":"a","constructor":1}')).ok).toBe(true);
    expect(verify(JSON.parse('{"__proto__":1}')).ok).toBe(false);
    expect(({} as Record<string, unknown>)['a']).toBeUndefined();
  });

  test.for<[unknown[], boolean]>([
    [[], true],
    [['a'], true],
    [['a', 1], true],
    [['a', 1, null], false],
    [[1], false],
  ])('S-101 a tuple takes %j: %s', ([v, wanted]) => {
    const tuple = { prefixItems: [{ type: 'string' }, { type: 'number' }], items: false };
    expect(compileTenantSchema({ ...object, properties: { v: tuple } })({ v }).ok).toBe(wanted);
  });

  test('S-101 gets the same verdict as from another validator', () => {
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    fc.assert(
      fc.property(schemas(), fc.array(values(), { minLength: 5, maxLength: 5 }), (schema, data) => {
        const root = { type: 'object', properties: { v: schema }, required: ['v'] };
        expect(checkSchema(root)).toEqual([]);
        const verify = compileTenantSchema(root);
        const referee = ajv.compile(root);
        for (const v of data) expect(verify({ v }).ok, JSON.stringify(v)).toBe(referee({ v }));
      }),
      { numRuns: 150 },
    );
  });
});

function values() {
  return fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      fc.constantFrom(null, true, false, 0, 1, 2, 2.5, -1, '', 'a', 'ab'),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('value'), {
        maxKeys: 3,
        noNullPrototype: true,
      }),
    ),
  })).value;
}

/**
 * Schemas of up to three keywords, with such schemas inside them, `levels` deep. Without `prefixItems`:
 * beside it the referee takes an empty list for one that contains something.
 */
function schemas(levels = 3): fc.Arbitrary<Record<string, unknown>> {
  const small = fc.nat({ max: 2 });
  const name = fc.constantFrom('a', 'b', 'c');
  const keyword = (keywords: Record<string, fc.Arbitrary<unknown>>) =>
    Object.entries(keywords).map(([key, value]) => value.map((given) => ({ [key]: given })));
  const flat = keyword({
    type: fc.constantFrom('object', 'array', 'string', 'number', 'integer', ['null', 'object']),
    enum: fc.constantFrom([1, 'a'], [[], {}], [null]),
    minimum: small,
    multipleOf: fc.constantFrom(1, 2, 0.5),
    minLength: small,
    maxItems: small,
    required: fc.uniqueArray(name, { maxLength: 2 }),
    maxProperties: small,
    propertyNames: fc.constantFrom({ maxLength: 1 }, { enum: ['a', 'b'] }),
    dependentRequired: fc.constant({ a: ['b'] }),
  });
  const inner = levels === 0 ? fc.boolean() : fc.oneof(fc.boolean(), schemas(levels - 1));
  const list = fc.array(inner, { minLength: 1, maxLength: 2 });
  const map = fc.dictionary(name, inner, { maxKeys: 2, noNullPrototype: true });
  const nested = keyword({
    properties: map,
    dependentSchemas: map,
    additionalProperties: inner,
    items: inner,
    contains: inner,
    not: inner,
    allOf: list,
    anyOf: list,
    oneOf: list,
  });
  const conditional = ['if', 'then', 'else'].map((key) => inner.map((given) => ({ [key]: given })));
  return fc
    .array(fc.oneof(...flat, ...nested, ...conditional), { maxLength: 3 })
    .map((parts): Record<string, unknown> => Object.assign({}, ...parts));
}

describe('the work of a check', () => {
  test('is bounded: values, and values times weight', () => {
    const light = compileTenantSchema(object);
    const list = (length: number) => ({ a: Array.from({ length }, () => 0) });
    expect(light(list(dataValuesMax - 2)).ok).toBe(true);
    expect(light(list(dataValuesMax - 1)).ok).toBe(false);
    const heavy = {
      ...object,
      properties: {
        a: { items: { anyOf: Array.from({ length: 996 }, () => ({ type: 'null' })) } },
      },
    };
    expect(weightOf(heavy)).toBe(999);
    expect(compileTenantSchema(heavy)({ a: Array.from({ length: 248 }, () => null) }).ok).toBe(
      true,
    );
    expect(compileTenantSchema(heavy)({ a: Array.from({ length: 249 }, () => null) }).ok).toBe(
      false,
    );
  });

  test('counts required names and long enumerations', () => {
    const names = Array.from({ length: 999 }, (_, index) => `n${index}`);
    expect(checkSchema({ ...object, required: names })).toEqual([]);
    expect(checkSchema({ ...object, required: [...names, 'x'] })).toHaveLength(1);
    expect(weightOf({ ...object, properties: { a: { enum: ['x'.repeat(996)] } } })).toBe(12);
  });

  test('ends soon at its worst, and for data nested deeper than the stack', () => {
    const anyOf = Array.from({ length: 18 }, () => ({ enum: ['x'.repeat(1_700)] }));
    const worst = compileTenantSchema({ ...object, additionalProperties: { items: { anyOf } } });
    const startedAt = performance.now();
    expect(worst({ a: Array.from({ length: 700 }, () => 'y') }).ok).toBe(false);
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    let deep: unknown = 1;
    for (let level = 0; level < 100_000; level += 1) deep = [deep];
    expect(compileTenantSchema(object)({ deep }).ok).toBe(false);
  });

  test.for(schemaFormats)('of format %s grows with the text and no faster', (format) => {
    const check = compileTenantSchema({ ...object, additionalProperties: { format } });
    const hostile = ['0', 'a', 'a.', '%61', '1:', '/', '@', '"\\', 'P1D', 'a-', '::', ' '].map(
      (part) =>
        ['', 'http://', 'a@', '"', '2026-01-01T00:00:00.'].map(
          (head) => `${head}${part.repeat(Math.floor(100_000 / part.length))}!`,
        ),
    );
    const startedAt = performance.now();
    for (const text of hostile.flat()) check({ text });
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });

  test('of names that are no Unicode ends in a verdict', () => {
    const check = compileTenantSchema({ ...object, additionalProperties: { type: 'string' } });
    expect(check({ '\ud800': 1 }).ok).toBe(false);
  });
});
