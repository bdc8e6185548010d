import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeEvaluator, type Evaluator } from '../../shared/evaluator/evaluator.ts';
import { evaluateOne, newTenantId, sampleContext, type Asked } from '../support/evaluation.ts';

let evaluator: Evaluator;
beforeAll(() => {
  evaluator = makeEvaluator({ children: 2 });
});
afterAll(() => evaluator.close());

const evaluate = (text: string, asked: Asked = {}) => evaluateOne(evaluator, text, asked);

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

  test.for([
    ['$coalesce(no.such, empty, alert.id)', 7],
    ['$len(alert.title)', 9],
    ['$len("a😀")', 2],
    ['$len(items)', 2],
    ['$len(no.such)', 0],
    ['$toString(alert)', '{"id":7,"title":"Disk full"}'],
    ['$toString("as it is")', 'as it is'],
    ['$toString(no.such)', ''],
    ['$append(items.id, 3)', [1, 2, 3]],
    ['$contains($nowIso(), /^\\d{4}-.*Z$/)', true],
    ['alert.id ~> $toString()', '7'],
  ] as const)('S-040 %s yields %j at both levels', async ([text, value]) => {
    expect(await evaluate(text)).toMatchObject({ ok: true, value });
    expect(await evaluate(text, { level: 'strict' })).toMatchObject({ ok: true, value });
  });

  test.for([
    ['alert.id == 7', true],
    ['items[id==2].id == 2 and alert.title == "Disk full"', true],
    ['$contains("a==b", /a==b/) and "==" == "=" & "="', true],
  ] as const)('S-040 %s has its == read as =', async ([text, value]) => {
    expect(await evaluate(text)).toMatchObject({ ok: true, value });
  });

  test('S-040 with a fault behind a == names its place in the text as written', async () => {
    const text = 'alert.id == 7 and (';
    expect(await evaluate(text)).toMatchObject({ ok: false, position: text.length });
  });

  test('S-039 on a body that is no object finds it as value', async () => {
    expect(await evaluate('value', { body: [1, 2] })).toMatchObject({ value: [1, 2] });
    expect(await evaluate('value', { body: 'text' })).toMatchObject({ value: 'text' });
  });

  test('S-039 that leads nowhere is absent, and a malformed one fails with reason and position', async () => {
    expect(await evaluate('no.such.path')).toEqual({ name: 'field', ok: true });
    expect(await evaluate('alert.(')).toEqual({
      name: 'field',
      ok: false,
      reason: expect.stringMatching(/^S0\d+: /),
      position: 7,
    });
  });

  test.for(['$uppercase', 'function($x){$x}', '/a/', '$substring(?, 1)'])(
    'S-039 that yields a function, %s, yields nothing',
    async (text) => {
      expect(await evaluate(text)).toEqual({ name: 'field', ok: true });
      expect(await evaluate(`{"f": ${text}, "n": 1}`)).toMatchObject({ value: { n: 1 } });
    },
  );

  test('S-040 whose result is larger than 256 KiB is refused', async () => {
    expect(await evaluate('$pad("x", 262142)')).toMatchObject({ ok: true });
    expect(await evaluate('$pad("x", 262143)')).toMatchObject({
      ok: false,
      reason: expect.stringContaining('larger than 262144 bytes'),
    });
  });

  test('S-040 longer than 8 KiB, and a body beyond every ceiling, are refused without a child', async () => {
    expect(await evaluate(`"${'x'.repeat(8_192)}"`)).toMatchObject({
      ok: false,
      reason: expect.stringContaining('longer than 8192 bytes'),
    });
    expect(await evaluate('1 + 0', { body: 'x'.repeat(9_000_000) })).toMatchObject({
      ok: false,
      reason: expect.stringContaining('larger than'),
    });
  });

  test('S-039 sees the largest body that a hook may take', async () => {
    const body = { list: Array.from({ length: 170_000 }, (_, n) => ({ id: n, name: 'a name' })) };
    expect(JSON.stringify(body).length).toBeGreaterThan(4_500_000);
    expect(await evaluate('list[169999].id', { body, budget: 'key' })).toMatchObject({
      value: 169_999,
    });
  });

  test('S-039 large results of one mapping arrive in the order of its fields', async () => {
    const expressions = Array.from({ length: 12 }, (_, n) => ({
      name: `f${n}`,
      text: `$pad("${n}", 250000)`,
    }));
    const results = await evaluator.evaluate({
      tenantId: newTenantId(),
      level: 'full',
      budget: 'key',
      expressions,
      context: sampleContext,
    });
    expect(results.map((result) => [result.name, result.ok])).toEqual(
      expressions.map(({ name }) => [name, true]),
    );
  });
});
