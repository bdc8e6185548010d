/** The page for integration engineers says what is so: its examples are evaluated, its list compared. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { strictFunctions } from '../../shared/evaluator/language.ts';
import { makeEvaluator, type Evaluator } from '../../shared/evaluator/evaluator.ts';
import { evaluateOne } from '../support/evaluation.ts';

let evaluator: Evaluator;
beforeAll(() => {
  evaluator = makeEvaluator({ children: 1 });
});
afterAll(() => evaluator.close());

const page = readFileSync(new URL('../../docs/mapping.md', import.meta.url), 'utf8');
const body: unknown = JSON.parse(/```json\n(.*?)```/s.exec(page)?.[1] ?? '');
const [, section = ''] = page.split('## Examples');
const examples = [...section.matchAll(/^\| `([^`]+)` +\| `([^`]+)` +\|$/gm)].map(
  ([, text = '', json = '']) => [text, json] as const,
);

test('S-039 the page has examples', () => {
  expect(examples.length).toBeGreaterThan(12);
});

test.for(examples)('S-039 the example %s yields %s', async ([text, json]) => {
  for (const level of ['full', 'strict'] as const) {
    const result = await evaluateOne(evaluator, text, { body, level });
    expect(result).toEqual({ name: 'field', ok: true, value: JSON.parse(json) });
  }
});

test('S-040 the page lists the functions of level strict', () => {
  const list = /The functions of level `strict`: (.*?)\.\n\n/s.exec(page)?.[1] ?? '';
  const named = [...list.matchAll(/`\$(\w+)`/g)].map(([, name]) => name);
  expect(named).toEqual([...strictFunctions]);
});

test.for([
  ['items.name[0]', ['sda', 'sdb']],
  ['(items.name)[0]', 'sda'],
  ['(items[used > 90].name)[0]', 'sda'],
  ['items[used > 90].name[]', ['sda']],
  ['"10" > "9"', false],
] as const)('S-039 the pitfall %s yields %j', async ([text, value]) => {
  expect(await evaluateOne(evaluator, text, { body })).toMatchObject({ value });
});

test('S-039 the pitfalls about numbers are so', async () => {
  expect(await evaluateOne(evaluator, '"10" > 9')).toMatchObject({ ok: false });
  expect(await evaluateOne(evaluator, '9007199254740993 = 9007199254740992')).toMatchObject({
    value: true,
  });
});
