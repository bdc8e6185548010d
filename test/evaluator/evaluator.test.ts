import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeEvaluator, type Evaluator } from '../../shared/evaluator/evaluator.ts';
import type { EvaluationResult } from '../../shared/evaluator/protocol.ts';

let evaluator: Evaluator;
beforeAll(() => {
  evaluator = makeEvaluator({ children: 2 });
});
afterAll(() => evaluator.close());

const context = {
  body: { alert: { id: 7 }, items: [{ id: 1 }, { id: 2 }] } as unknown,
  headers: { 'x-kind': 'test' },
  query: { page: '3' },
  delivery: { id: 'd-1' },
};

async function evaluate(text: string, body: unknown = context.body): Promise<EvaluationResult> {
  const [result] = await evaluator.evaluate({
    expressions: [{ name: 'field', text }],
    context: { ...context, body },
    wallMsPerExpression: 250,
  });
  if (result === undefined) throw new Error('no result');
  return result;
}

describe('an expression', () => {
  test.for([
    ['alert.id', 7],
    ['items.id', [1, 2]],
    ['$headers.`x-kind`', 'test'],
    ['$query.page', '3'],
    ['$delivery.id', 'd-1'],
  ] as const)('S-039 %s yields %j', async ([text, value]) => {
    expect(await evaluate(text)).toEqual({ name: 'field', ok: true, value });
  });

  test('S-039 on a body that is no object finds it as value', async () => {
    expect(await evaluate('value', [1, 2])).toMatchObject({ value: [1, 2] });
    expect(await evaluate('value', 'text')).toMatchObject({ value: 'text' });
  });

  test('S-039 that leads nowhere is absent, and a malformed one fails with the reason', async () => {
    expect(await evaluate('no.such.path')).toEqual({ name: 'field', ok: true });
    expect(await evaluate('alert.(')).toMatchObject({
      ok: false,
      reason: expect.stringMatching(/\w/),
    });
  });

  test.for([
    ['endless recursion', '($f := function($n){$f($n + 1)}; $f(0))'],
    ['a catastrophic pattern', '$match("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", /^(a+)+$/)'],
    ['200 million characters', '$pad("x", 200000000)'],
    ['a huge list', '[1..9999999].($string($) & "xxxxxxxxxxxxxxxx")'],
    ['text turned into code', '$eval("1 + 1")'],
    ['the Function constructor', '$string.constructor("return 1")()'],
  ] as const)('S-040 with %s is stopped, and the next one is served', async ([, text]) => {
    const startedAt = performance.now();
    expect(await evaluate(text)).toMatchObject({ ok: false });
    // The limit itself is 250 ms; the rest is room for a busy machine, not part of the promise.
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    expect(await evaluate('alert.id')).toMatchObject({ ok: true, value: 7 });
  });

  test('S-040 whose result is larger than 256 KiB is refused', async () => {
    expect(await evaluate('$pad("x", 300000)')).toMatchObject({
      ok: false,
      reason: expect.stringContaining('larger than'),
    });
  });

  test('the one that had to be stopped is named, and the ones after it are not blamed', async () => {
    const results = await evaluator.evaluate({
      expressions: [
        { name: 'good', text: 'alert.id' },
        { name: 'bad', text: '$match("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", /^(a+)+$/)' },
        { name: 'later', text: 'alert.id' },
      ],
      context,
      wallMsPerExpression: 100,
    });
    expect(results).toMatchObject([
      { ok: true, value: 7 },
      { ok: false, reason: expect.stringContaining('longer than 100 ms') },
      { ok: false, reason: expect.stringContaining('not evaluated') },
    ]);
  });

  test('sees neither the environment nor the process', async () => {
    for (const text of [
      'process',
      '$process',
      '$lookup($, "constructor")',
      '__proto__',
      'constructor',
    ]) {
      expect(await evaluate(text)).toEqual({ name: 'field', ok: true });
    }
  });
});
