/**
 * What is read without a child process is what the child would have said. In brackets an expression means
 * the same and is no longer plain, so that a real child judges it.
 */
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeEvaluator, type Evaluator } from '../../shared/evaluator/evaluator.ts';
import { plainResult } from '../../shared/evaluator/plain.ts';
import type { EvaluationContext } from '../../shared/evaluator/protocol.ts';
import { newTenantId } from '../support/evaluation.ts';

let evaluator: Evaluator;
beforeAll(() => {
  evaluator = makeEvaluator({ children: 1, fieldCpuMs: 1_000 });
});
afterAll(() => evaluator.close());

const contextOf = (body: unknown): EvaluationContext => ({
  body,
  headers: { kind: 'test', 'x-kind': 'odd' },
  query: { page: '3', tag: ['a', 'b'] },
  delivery: { id: 'd-1' },
});

/** What a child makes of the expressions: their values, and nothing for those that it refuses. */
async function byChild(texts: readonly string[], context: EvaluationContext): Promise<unknown[]> {
  const results = await evaluator.evaluate({
    tenantId: newTenantId(),
    level: 'strict',
    expressions: texts.map((text, index) => ({ name: String(index), text: `(${text})` })),
    context,
    budget: 'field',
  });
  return results.map((result) => (result.ok ? result.value : result));
}

const words = ['a', 'b', 'value', 'and', 'or', 'in', 'true', 'null', 'function', 'length', 'x-y'];
const odd = ['constructor', '__proto__', 'toString', '_jsonata_lambda', 'sequence', 'then', ''];
const name = fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...words) }, fc.constantFrom(...odd));

const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.oneof(fc.string(), fc.double(), fc.integer(), fc.boolean(), fc.constant(null)),
    fc.dictionary(name, tie('value'), { maxKeys: 5 }),
    fc.array(tie('value'), { maxLength: 3 }),
  ),
})).value;
/** As it comes from a request: written and read again. */
const body = json.map((value) => JSON.parse(JSON.stringify(value)) as unknown);

const step = name.chain((word) => fc.constantFrom(word, `\`${word}\``));
const path = fc
  .tuple(
    fc.constantFrom('', '', '$headers.', '$query.', '$delivery.'),
    fc.array(step, { minLength: 1, maxLength: 4 }),
  )
  .map(([variable, steps]) => variable + steps.join('.'));
const constant = fc.oneof(
  fc.string().map((text) => JSON.stringify(text)),
  fc.string({ unit: 'grapheme' }).map((text) => `"${text}"`),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.integer().map(String),
  fc.constantFrom('true', 'false', 'null', '007', '1.', '.5', '1e3', ' 7 ', '\t"x"\n'),
);
const noise = fc.string({
  unit: fc.constantFrom(...'ab.`"$ 01\\-()[]&\n\u00a0'.split('')),
  maxLength: 8,
});

describe('an expression that is read without a child', () => {
  test('S-039 S-040 yields what a child yields, whatever the body and the expression are', async () => {
    let read = 0;
    await fc.assert(
      fc.asyncProperty(
        body,
        fc.array(fc.oneof(path, path, constant, noise), { minLength: 20, maxLength: 20 }),
        async (value, texts) => {
          const context = contextOf(value);
          const plain = texts.flatMap((text) => {
            const result = plainResult(text, context);
            return result === undefined ? [] : [{ text, ...result }];
          });
          read += plain.length;
          const judged = await byChild(
            plain.map(({ text }) => text),
            context,
          );
          expect(judged).toEqual(plain.map((result) => result.value));
        },
      ),
      { numRuns: 300 },
    );
    // Or nothing was compared.
    expect(read).toBeGreaterThan(1_000);
  });

  test.for([
    ['alert.title', 'Disk full'],
    ['alert.`x-id`', 7],
    ['alert.host', null],
    ['alert.no.such', undefined],
    ['$headers.`x-kind`', 'odd'],
    ['$query.page', '3'],
    ['$delivery.id', 'd-1'],
    ['"P1"', 'P1'],
    ['12.5', 12.5],
    ['false', false],
    [' alert.title\n', 'Disk full'],
  ] as const)('S-039 %j yields %j', ([text, value]) => {
    const alert = { title: 'Disk full', 'x-id': 7, host: null };
    expect(plainResult(text, contextOf({ alert }))).toEqual({ value });
  });

  test('S-039 finds a body that is no object as value', () => {
    expect(plainResult('value', contextOf('text'))).toEqual({ value: 'text' });
  });

  test.for([
    ['a list on the way', 'list.a'],
    ['a list at the end', 'list'],
    ['an object at the end', 'alert'],
    ['a name that every object has', 'alert.constructor'],
    ['a step into a text', 'alert.title.length'],
    ['a list of a parameter', '$query.tag'],
    ['an operator', 'alert.title & "!"'],
    ['a call', '$nowIso()'],
    ['a word of the language', 'and'],
    ['an escape in a text', String.raw`"a\nb"`],
    ['nothing', ''],
    ['a path without an end', 'alert.'],
    ['a text too long to pass without a look', 'long'],
  ])('S-040 is not one with %s', ([, text = '']) => {
    const context = contextOf({
      alert: { title: 'x' },
      list: [{ a: 1 }],
      long: 'x'.repeat(70_000),
    });
    expect(plainResult(text, context)).toBeUndefined();
  });
});

describe('a mapping that is partly plain', () => {
  test('S-039 has its results in the order of its expressions', async () => {
    const texts = ['a.b', '$uppercase(a.b)', '"P1"', 'a.b & "!"', 'no.such'];
    const results = await evaluator.evaluate({
      tenantId: newTenantId(),
      level: 'full',
      expressions: texts.map((text) => ({ name: text, text })),
      context: contextOf({ a: { b: 'x' } }),
      budget: 'field',
    });
    expect(results).toEqual([
      { name: 'a.b', ok: true, value: 'x' },
      { name: '$uppercase(a.b)', ok: true, value: 'X' },
      { name: '"P1"', ok: true, value: 'P1' },
      { name: 'a.b & "!"', ok: true, value: 'x!' },
      { name: 'no.such', ok: true },
    ]);
  });

  test('S-040 keeps its plain results beside an expression that is stopped', async () => {
    const texts = ['a', '($f := function($n) { $f($n + 1) }; $f(0))', '$uppercase(a)', 'a'];
    const results = await evaluator.evaluate({
      tenantId: newTenantId(),
      level: 'full',
      expressions: texts.map((text, index) => ({ name: String(index), text })),
      context: contextOf({ a: 'x' }),
      budget: 'field',
    });
    expect(results.map(({ ok }) => ok)).toEqual([true, false, false, true]);
  });
});
