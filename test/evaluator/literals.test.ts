/**
 * What the editor writes, read by the evaluator: static values yield themselves, and every path of a
 * sample leads to the value it shows. Arbitrary values, evaluated in batches by a real process.
 */
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TargetFieldType } from '../../shared/domain/action.ts';
import { coerceField } from '../../shared/domain/coerce.ts';
import { toExpression } from '../../shared/domain/field-mode.ts';
import { samplePaths, type SamplePath } from '../../shared/domain/sample-paths.ts';
import { makeEvaluator, type Evaluator } from '../../shared/evaluator/evaluator.ts';
import { evaluateOne, newTenantId } from '../support/evaluation.ts';

let evaluator: Evaluator;
beforeAll(() => {
  evaluator = makeEvaluator({ children: 1, fieldCpuMs: 1_000 });
});
afterAll(() => evaluator.close());

describe('a static value', () => {
  const values: readonly (readonly [TargetFieldType, fc.Arbitrary<unknown>])[] = [
    ['string', fc.string({ unit: 'grapheme' })],
    ['int', fc.maxSafeInteger().filter((value) => !Object.is(value, -0))],
    ['number', fc.double({ noNaN: true, noDefaultInfinity: true })],
    ['boolean', fc.boolean()],
    ['json', fc.jsonValue({ maxDepth: 4 })],
  ];

  test.for(values)('S-043 of type %s yields itself when it is evaluated', async ([type, any]) => {
    await fc.assert(
      fc.asyncProperty(any, async (value) => {
        const text = type === 'string' ? String(value) : JSON.stringify(value);
        const written = toExpression(type, text);
        const result = await evaluateOne(evaluator, written.ok ? written.expression : '');
        const wanted: unknown = type === 'string' ? text : JSON.parse(text);
        const coerced = coerceField(
          { name: 'field', type, required: true, description: '' },
          result.ok ? result.value : undefined,
        );
        expect([written, result, coerced]).toMatchObject([
          { ok: true },
          { ok: true },
          { ok: true, value: wanted },
        ]);
      }),
      { numRuns: 150 },
    );
  });
});

interface Leaf {
  readonly path: string;
  readonly example: string | undefined;
}

function leaves(paths: readonly SamplePath[]): Leaf[] {
  return paths.flatMap(({ path, example, children }) => [{ path, example }, ...leaves(children)]);
}

describe('the paths of a sample', () => {
  test('S-042 each lead to the value they show', async () => {
    const sample = fc.dictionary(
      fc.string({ maxLength: 6, unit: 'grapheme' }).filter((key) => key !== '__proto__'),
      fc.jsonValue({ maxDepth: 3, noUnicodeString: false }),
      { maxKeys: 5 },
    );
    await fc.assert(
      fc.asyncProperty(sample, async (body) => {
        const shown = leaves(samplePaths(body).paths).filter(
          ({ example }) => example !== undefined,
        );
        const results = await evaluator.evaluate({
          tenantId: newTenantId(),
          level: 'strict',
          budget: 'field',
          expressions: shown.map(({ path }) => ({ name: path, text: path })),
          context: { body, headers: {}, query: {}, delivery: {} },
        });
        const yielded = results.map((result) => (result.ok ? String(result.value) : result.reason));
        expect(yielded).toEqual(shown.map(({ example }) => example));
      }),
      { numRuns: 150 },
    );
  });
});
