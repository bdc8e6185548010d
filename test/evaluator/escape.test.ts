import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeEvaluator, type Evaluator } from '../../shared/evaluator/evaluator.ts';
import { evaluateOne, newTenantId } from '../support/evaluation.ts';

let evaluator: Evaluator;
beforeAll(() => {
  evaluator = makeEvaluator({ children: 1 });
});
afterAll(() => evaluator.close());

const names = `process globalThis global require module import fetch fs Function eval constructor
  __proto__ prototype toString valueOf hasOwnProperty`.split(/\s+/);

describe('an expression reaches nothing but its input', () => {
  test.for(names)('S-040 by the name %s', async (name) => {
    for (const text of [
      `\`${name}\``,
      `alert.\`${name}\``,
      `items.\`${name}\``,
      `alert.title.\`${name}\``,
      `$lookup($, "${name}")`,
      `$lookup(alert, "${name}")`,
      `$lookup([$], "${name}")`,
      `$headers.\`${name}\``,
      `(function($x){$x}).\`${name}\``,
      `$uppercase.\`${name}\``,
      `/a/.\`${name}\``,
    ]) {
      expect([text, await evaluateOne(evaluator, text)]).toEqual([
        text,
        { name: 'field', ok: true },
      ]);
    }
  });

  test.for(names.filter((name) => name !== 'eval' && name !== 'toString'))(
    'S-040 by a variable $%s',
    async (name) => {
      expect(await evaluateOne(evaluator, `$${name}`)).toEqual({ name: 'field', ok: true });
    },
  );

  test.for([
    '$string.constructor("return 1")()',
    '$lookup($uppercase, "implementation")("a")',
    '$uppercase.implementation("a")',
    '(function($x){$x}).environment.lookup("x")',
    '(function($x){$x}).apply($, ["x"])',
    '$each($, function($v, $k, $o){ $o.constructor.constructor("return process")() })',
    '$sift(alert, function($v, $k, $o){ $o.__proto__.polluted := true })',
    '$ ~> |$|{"__proto__": {"polluted": true}}|; $polluted',
    '$merge([{"__proto__": {"polluted": true}}, {"a": 1}]).polluted',
    '($f := function($s)<s:s>{$s}; $f.signature.validate([1]))',
    '$toMillis.signature.validate.constructor("return 1")()',
    '$map([1], $eval)',
  ])('S-040 by %s', async (text) => {
    const result = await evaluateOne(evaluator, text);
    const isNothing = !result.ok || result.value === undefined;
    expect([result, isNothing]).toEqual([result, true]);
  });

  test('S-040 and leaves nothing for the next, of its own tenant or another', async () => {
    const tenantId = newTenantId();
    const marks = [
      '($secret := "mine"; $secret)',
      '($uppercase := function($x){"changed"}; $uppercase("a"))',
      '($headers := {"x-kind": "changed"}; $headers.`x-kind`)',
      '$ ~> |alert|{"id": 666}|',
      '$merge([{"constructor": 1}, {"toString": 2}]).constructor',
    ];
    for (const text of marks) {
      expect(await evaluateOne(evaluator, text, { tenantId })).toMatchObject({ ok: true });
    }
    for (const asked of [{ tenantId }, {}]) {
      const text = '[$secret, $uppercase("a"), $headers.`x-kind`, alert.id, $type({}.constructor)]';
      expect(await evaluateOne(evaluator, text, asked)).toMatchObject({ value: ['A', 'test', 7] });
    }
  });

  test('S-040 also through a body that carries the names', async () => {
    const body: unknown = JSON.parse(
      '{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}, "a": {}}',
    );
    expect(await evaluateOne(evaluator, 'a.polluted', { body })).toEqual({
      name: 'field',
      ok: true,
    });
    expect(await evaluateOne(evaluator, '{}.polluted')).toEqual({ name: 'field', ok: true });
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});
