import { spawn } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeEvaluator, type Evaluator } from '../../shared/evaluator/evaluator.ts';
import {
  evaluateOne,
  newTenantId,
  sampleContext,
  signalEvaluators,
  statesOfEvaluators,
  type Asked,
} from '../support/evaluation.ts';
import { eventually } from '../support/eventually.ts';

let evaluator: Evaluator;
beforeAll(async () => {
  evaluator = makeEvaluator({ children: 2 });
  await evaluate('1 + 0');
});
afterAll(() => evaluator.close());

const evaluate = (text: string, asked: Asked = {}) => evaluateOne(evaluator, text, asked);

/** Some milliseconds of work on an idle processor; far below the budget of a field. */
const modestWork = '$sum([1..500].($ * 2))';
/** Some 100 ms of it; within the budget of a key. */
const longWork = '$sum([1..60000].($ * 2))';

const hostile = [
  ['endless recursion', '($f := function($n){$f($n + 1)}; $f(0))'],
  ['recursion that does not return', '($f := function($n){$n + $f($n + 1)}; $f(0))'],
  ['a catastrophic pattern', '$match("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", /^(a+)+$/)'],
  ['a catastrophic pattern with a look-ahead', '$match($pad("", 40, "a") & "!", /^(?=(a+)+$)/)'],
  ['200 million characters', '$pad("x", 200000000)'],
  [
    'a text that doubles',
    '($f := function($s, $n){$n = 0 ? $s : $f($s & $s, $n - 1)}; $f("x", 60))',
  ],
  ['a huge range', '[1..9999999].($string($) & "xxxxxxxxxxxxxxxx")'],
  ['a huge list to sort', '$sort([1..90000].($ * 7919 % 90001))'],
  [
    'a list that doubles',
    '($f := function($a, $n){$n = 0 ? $a : $f([$a, $a], $n - 1)}; $f([1], 60))',
  ],
  ['huge texts joined', '$join([1..99999].$pad("x", 20000))'],
  ['a result larger than any', '[1..99999].$pad("x", 2000)'],
  [
    'a date picture that backtracks',
    '$toMillis($pad("", 300, "A") & "1", "[YA][MA][DA][dA][HA][mA]")',
  ],
  ['a text that doubles when it compiles', `${'('.repeat(400)}a${'??a)'.repeat(400)}`],
  ['text turned into code', '$eval("1 + 1")'],
] as const;

describe('a hostile expression', () => {
  test.for(hostile)(
    'S-040 with %s is stopped and named, and the next one is served',
    async ([, text]) => {
      const tenantId = newTenantId();
      const results = await evaluator.evaluate({
        tenantId,
        level: 'full',
        budget: 'field',
        expressions: [
          { name: 'good', text: 'alert.id + 0' },
          { name: 'bad', text },
        ],
        context: sampleContext,
      });
      expect(results).toEqual([
        { name: 'good', ok: true, value: 7 },
        expect.objectContaining({ name: 'bad', ok: false, reason: expect.stringMatching(/\w/) }),
      ]);
      expect(await evaluate('alert.id + 0', { tenantId })).toMatchObject({ ok: true, value: 7 });
    },
  );

  test('S-040 is named with its budget, and those after it are said not to be evaluated', async () => {
    const results = await evaluator.evaluate({
      tenantId: newTenantId(),
      level: 'full',
      budget: 'field',
      expressions: [
        { name: 'bad', text: '$match("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", /^(a+)+$/)' },
        { name: 'later', text: 'alert.id + 0' },
        { name: 'last', text: 'alert.id + 0' },
      ],
      context: sampleContext,
    });
    expect(results).toMatchObject([
      { ok: false, reason: expect.stringMatching(/more than 25 ms of processor time/) },
      { ok: false, reason: 'not evaluated: the expression of bad was stopped' },
      { ok: false, reason: 'not evaluated: the expression of bad was stopped' },
    ]);
  });

  test('S-040 is named even when large results of others are still on their way', async () => {
    const large = Array.from({ length: 8 }, (_, n) => ({
      name: `large ${n}`,
      text: `$pad("${n}", 250000)`,
    }));
    const results = await evaluator.evaluate({
      tenantId: newTenantId(),
      level: 'full',
      budget: 'key',
      expressions: [...large, { name: 'bad', text: '($f := function($n){$f($n)}; $f(0))' }],
      context: sampleContext,
    });
    expect(results.map(({ ok }) => ok)).toEqual([...large.map(() => true), false]);
  });

  test('S-040 that takes all the memory is told so', async () => {
    expect(await evaluate('$length($pad("x", 60000000))', { budget: 'key' })).toMatchObject({
      ok: false,
      reason: expect.stringContaining('more memory'),
    });
  });

  test('S-040 of one tenant leaves the work of another alone', async () => {
    const [good, bad] = [newTenantId(), newTenantId()];
    const attack = Array.from({ length: 8 }, (_, n) =>
      evaluate(`$match("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa${n}!", /^(a+)+$/)`, { tenantId: bad }),
    );
    const work = await Promise.all(
      Array.from({ length: 50 }, (_, n) => evaluate(`alert.id + ${n}`, { tenantId: good })),
    );
    expect(work).toEqual(work.map((_, n) => ({ name: 'field', ok: true, value: 7 + n })));
    for (const result of await Promise.all(attack)) expect(result).toMatchObject({ ok: false });
  });
});

describe('a machine that is busy', () => {
  test('S-040 fails no expression that an idle one accepts', async () => {
    expect(await evaluate(modestWork)).toMatchObject({ ok: true, value: 250_500 });
    const burners = Array.from({ length: 12 }, () =>
      spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }),
    );
    try {
      const results = await Promise.all(Array.from({ length: 40 }, () => evaluate(modestWork)));
      for (const result of results) expect(result).toMatchObject({ ok: true, value: 250_500 });
    } finally {
      for (const burner of burners) burner.kill('SIGKILL');
    }
  });

  test.runIf(process.platform === 'linux')(
    'S-040 that gives an expression no processor time for longer than its wall limit does not fail it',
    async () => {
      const patient = makeEvaluator({ children: 1, keyCpuMs: 1_000 });
      await evaluateOne(patient, '1');
      const work = [longWork, longWork, longWork, longWork].join(' + ');
      const running = evaluateOne(patient, work, { budget: 'key' });
      await eventually(() => expect(statesOfEvaluators()).toContain('R'));
      signalEvaluators('SIGSTOP');
      const stoppedAt = performance.now();
      await eventually(() => expect(performance.now() - stoppedAt).toBeGreaterThan(1_500));
      signalEvaluators('SIGCONT');
      expect(await running).toMatchObject({ ok: true, value: 14_400_240_000 });
      await patient.close();
    },
  );
});

describe('the budgets', () => {
  test('S-040 are the operator’s to set', async () => {
    const strict = makeEvaluator({ children: 1, fieldCpuMs: 5, keyCpuMs: 1_000 });
    const reason = expect.stringContaining('more than 5 ms');
    expect(await evaluateOne(strict, longWork)).toMatchObject({ ok: false, reason });
    expect(await evaluateOne(strict, longWork, { budget: 'key' })).toMatchObject({ ok: true });
    await strict.close();
  });
});
