import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LanguageLevel } from '../../shared/domain/language-level.ts';
import { makeEvaluator, type Evaluator } from '../../shared/evaluator/evaluator.ts';
import type { EvaluationResult } from '../../shared/evaluator/protocol.ts';
import { evaluateOne, newTenantId } from '../support/evaluation.ts';

let evaluator: Evaluator;
beforeAll(() => {
  evaluator = makeEvaluator({ children: 2 });
});
afterAll(() => evaluator.close());

async function check(text: string, level: LanguageLevel): Promise<EvaluationResult> {
  const [result] = await evaluator.checkExpressions({
    tenantId: newTenantId(),
    level,
    expressions: [{ name: 'field', text }],
  });
  if (result === undefined) throw new Error('no result');
  return result;
}

const accepted = { name: 'field', ok: true };

describe('the language level strict', () => {
  test.for([
    'alert.title & " on " & alert.host',
    'items[price > 10 and (stock in [1, 2])].{"id": id, "n": $number(amount)}',
    'items^(>price, name)[0].id',
    'items{category: $sum(price)}',
    'a ? b : c ?? "none"',
    'order@$o.lines#$i.{"order": $o.id, "line": $i, "parent": %.id}',
    '($total := $sum(items.price); $total * 1.2)',
    '$headers.`x-event` & $query.page & $delivery.id & $$.alert.id & $.alert.id',
    '$match(title, /host-(\\d+)/)[0].groups[0]',
    'title ~> $trim ~> $uppercase() ~> $replace(/A/, "b")',
    '$sort(items.price)',
    '**.id',
  ])('S-040 accepts %s', async (text) => {
    expect(await check(text, 'strict')).toEqual(accepted);
  });

  test.for([
    ['a lambda', 'function($x){$x}', 'a function of your own'],
    ['a lambda by its letter', 'λ($x){$x}', 'a function of your own'],
    ['a lambda called where it stands', '(function($x){$x})(1)', 'a function of your own'],
    ['a lambda in a chain', 'a ~> function($x){$x}', 'a function of your own'],
    ['a lambda deep inside', '{"a": [{"b": items[(λ($x){$x})(1)]}]}', 'a function of your own'],
    ['a lambda in a group', 'items{id: λ(){1}}', 'a function of your own'],
    ['a lambda in an order', 'items^(λ(){1})', 'a function of your own'],
    ['a partial application', '$substring(?, 1)', 'a partial application'],
    ['a partial application that is bound', '($f := $pad(?, 9); $f("a"))', 'a partial application'],
    ['a transform', '$ ~> |alert|{"id": 1}|', 'a transform'],
    ['a call of what a block yields', '($pad)("a", 9)', 'only a function that is named'],
    ['a call of what a path yields', 'alert.f(1)', 'only a function that is named'],
    ['a call of what a call yields', '$lookup($, "f")(1)', 'only a function that is named'],
    ['a call of a pattern', '/a+/("aaa")', 'only a function that is named'],
    ['a chain into a block', 'a ~> ($trim)', 'only a function that is named'],
    ['a chain into a pattern', 'a ~> /a/', 'only a function that is named'],
    ['a chain into a variable', '($f := alert; a ~> $f)', '$f cannot be called'],
    ['a function off the list', '$map(items, $string)', '$map cannot be called'],
    ['a function off the list in a chain', 'a ~> $shuffle', '$shuffle cannot be called'],
    ['another function off the list', '$random()', '$random cannot be called'],
    ['a function bound to a variable', '($f := $pad; $f("a", 9))', '$f cannot be called'],
    ['a function handed on', '$sort(items, $max)', '$max is not a value'],
    ['a function in an object', '{"f": $random}', '$random is not a value'],
    ['functions composed', '$trim ~> $uppercase', '$trim is not a value'],
    ['a function renamed to a listed one', '($trim := $random; $trim("a"))', 'cannot be bound'],
    ['a focus named as a listed one', 'items@$trim.($trim("a"))', 'cannot be bound'],
    ['an index named as a listed one', 'items#$trim[0]', 'cannot be bound'],
    ['a filtered index named as a listed one', 'items[a]#$trim', 'cannot be bound'],
    ['$eval', '$eval("1")', '$eval is not available'],
  ] as const)('S-040 refuses %s', async ([, text, reason]) => {
    const refusal = { ok: false, reason: expect.stringContaining(reason) };
    expect(await check(text, 'strict')).toMatchObject(refusal);
    // Saved before the level was changed: it is refused when it would run.
    expect(await evaluateOne(evaluator, text, { level: 'strict' })).toMatchObject(refusal);
  });
});

describe('the language level full', () => {
  test.for([
    '$map(items, function($x){$x.id})',
    '($f := λ($n){$n < 2 ? 1 : $n * $f($n - 1)}; $f(5))',
    '$filter(items, $exists)',
    '$substring(?, 1)',
    '$ ~> |alert|{"id": 1}|',
    '$trim ~> $uppercase',
    '$now() & $string($random())',
  ])('S-040 accepts %s', async (text) => {
    expect(await check(text, 'full')).toEqual(accepted);
  });

  test.for(['$eval("1")', '($e := $eval; $e("1"))', '"1" ~> $eval', '$map(["1"], $eval)'])(
    'S-040 refuses %s with its position',
    async (text) => {
      expect(await check(text, 'full')).toEqual({
        name: 'field',
        ok: false,
        reason: '$eval is not available',
        position: text.indexOf('$eval') + '$eval'.length,
      });
    },
  );
});

describe('checking expressions', () => {
  test('S-039 names the place of a syntax error, for each expression', async () => {
    const results = await evaluator.checkExpressions({
      tenantId: newTenantId(),
      level: 'full',
      expressions: [
        { name: 'good', text: 'alert.id' },
        { name: 'bad', text: 'alert..id' },
        { name: 'open', text: '"no end' },
      ],
    });
    expect(results).toMatchObject([
      { name: 'good', ok: true },
      { name: 'bad', ok: false, position: 7, reason: expect.stringMatching(/^S02/) },
      { name: 'open', ok: false, reason: expect.stringMatching(/^S01/) },
    ]);
  });

  test('S-040 evaluates nothing', async () => {
    expect(await check('$error("this would fail")', 'full')).toEqual(accepted);
  });

  test.for([
    ['too many parts', Array.from({ length: 1_200 }, () => 'a').join('&'), 'levels'],
    ['too wide a list', `[${Array.from({ length: 3_000 }, () => '1').join(',')}]`, 'parts'],
    ['too deep a nesting', `${'['.repeat(250)}1${']'.repeat(250)}`, 'levels'],
    ['too long a text', `"${'a'.repeat(8_300)}"`, 'bytes'],
  ] as const)('S-040 refuses %s at both levels', async ([, text, reason]) => {
    for (const level of ['full', 'strict'] as const) {
      const refusal = { ok: false, reason: expect.stringContaining(reason) };
      expect(await check(text, level)).toMatchObject(refusal);
    }
  });

  test('S-040 accepts what still runs: long texts put together, deep documents', async () => {
    const long = Array.from({ length: 150 }, () => 'alert.id').join(' & ');
    const deep = `${'['.repeat(150)}1${']'.repeat(150)}`;
    for (const text of [long, deep]) {
      expect(await check(text, 'full')).toEqual(accepted);
      expect(await evaluateOne(evaluator, text)).toMatchObject({ ok: true });
    }
  });
});
