import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  countOperators,
  propertySources,
  targetingOperators,
  targetingSchema,
} from '../../shared/domain/targeting.ts';

const condition = {
  type: 'condition',
  property: { source: 'custom', key: 'plan' },
  operator: 'equals',
  value: 'pro',
} as const;
const group = (...conditions: unknown[]) => ({ type: 'group', operator: 'and', conditions });
const opened = (filter: object = {}) => ({
  type: 'condition',
  property: {
    source: 'event',
    key: 'opened',
    eventFilter: { name: 'opened', countOperator: 'at_least', count: 3, withinDays: 7, ...filter },
  },
  operator: 'is_set',
});

/** Where and why a rule is refused; nothing when it is taken. */
const faults = (rule: unknown): string[] =>
  (targetingSchema.safeParse(rule).error?.issues ?? []).map(
    ({ path, message }) => `/${path.join('/')}: ${message}`,
  );

describe('targeting rules', () => {
  test.each([
    ['one condition', condition],
    ['each level that is allowed', group(condition, group(condition, condition))],
    ['a count of events', group(opened())],
    [
      'an operator that compares with nothing',
      { ...condition, operator: 'is_set', value: undefined },
    ],
  ])('S-118 %s is taken', (_, rule) => {
    expect(faults(rule)).toEqual([]);
  });

  test.each([
    [
      'an operator',
      { ...condition, operator: 'matches' },
      '/operator',
      /one of equals, not_equals/,
    ],
    [
      'an operator in a group',
      group(condition, { ...condition, operator: 'like' }),
      '/conditions/1/operator',
      /one of/,
    ],
    [
      'the operator of a group',
      { ...group(condition), operator: 'xor' },
      '/operator',
      /one of and, or/,
    ],
    [
      'a source of properties',
      { ...condition, property: { source: 'cookie', key: 'a' } },
      '/property/source',
      /one of system, custom, event/,
    ],
    ['no key', { ...condition, property: { source: 'system' } }, '/property/key', /./],
    ['no property', { type: 'condition', operator: 'is_set' }, '/property', /./],
    [
      'a third level',
      group(group(group(condition))),
      '/conditions/0/conditions/0/type',
      /at most two levels/,
    ],
    [
      'a third level beside conditions',
      group(condition, group(condition, group(condition))),
      '/conditions/1/conditions/1/type',
      /two levels/,
    ],
    ['no value to compare with', { ...condition, value: undefined }, '/value', /needs a value/],
    ['a value that is a list', { ...condition, value: ['a'] }, '/value', /./],
    [
      'an event filter of another source',
      { ...condition, property: { ...opened().property, source: 'system' } },
      '/property/eventFilter',
      /source event/,
    ],
    [
      'a count operator',
      opened({ countOperator: 'about' }),
      '/property/eventFilter/countOperator',
      /at_least, at_most, exactly/,
    ],
    ['a count below nothing', opened({ count: -1 }), '/property/eventFilter/count', /./],
    ['an empty group', group(), '/conditions', /./],
    [
      'a group in place of its list',
      { type: 'group', operator: 'or', conditions: condition },
      '/conditions',
      /./,
    ],
    ['a type', { type: 'rule' }, '/type', /condition or group/],
    ['a member that is none', { ...condition, weight: 3 }, '/', /weight/],
    ['a text that cannot be stored', { ...condition, value: 'a\0' }, '/', /NUL/],
  ])('S-118 %s is refused, and named', (_, rule, pointer, reason) => {
    const found = faults(rule);
    expect(found).toHaveLength(1);
    expect(found[0]?.split(': ')[0]).toBe(pointer);
    expect(found[0]).toMatch(reason);
  });

  test('S-118 the example of docs/knowledge-base.md is taken', () => {
    const page = readFileSync(new URL('../../docs/knowledge-base.md', import.meta.url), 'utf8');
    const example = /^```json\n([^]*?)^```$/m.exec(page)?.[1] ?? '';
    expect(faults(JSON.parse(example))).toEqual([]);
  });

  test('S-118 nothing at all is refused', () => {
    for (const rule of [undefined, null, 'all', 7, []]) expect(faults(rule)).toHaveLength(1);
  });
});

const anyCondition = fc.record({
  type: fc.constant('condition'),
  property: fc.oneof(
    fc.record({
      source: fc.constantFrom(...propertySources),
      key: fc.string({ minLength: 1, maxLength: 40 }),
    }),
    fc.record({
      source: fc.constant('event'),
      key: fc.constant('any'),
      eventFilter: fc.record({
        name: fc.constant('opened'),
        countOperator: fc.constantFrom(...countOperators),
        count: fc.nat(1000),
        withinDays: fc.integer({ min: 1, max: 365 }),
      }),
    }),
  ),
  operator: fc.constantFrom(...targetingOperators),
  value: fc.oneof(
    fc.string({ maxLength: 40 }).filter((text) => !text.includes('\0')),
    fc.boolean(),
    fc.integer(),
  ),
});
const groupOfAny = <Member>(member: fc.Arbitrary<Member>) =>
  fc.record({
    type: fc.constant('group'),
    operator: fc.constantFrom('and', 'or'),
    conditions: fc.array(member, { minLength: 1, maxLength: 4 }),
  });
const anyInner = fc.oneof(anyCondition, groupOfAny(anyCondition));
const anyRule = fc.oneof(anyCondition, groupOfAny(anyInner));

describe('any targeting rule', () => {
  test('S-118 of at most two levels is taken, and kept as it is', () => {
    fc.assert(
      fc.property(anyRule, (rule) => {
        fc.pre(!JSON.stringify(rule).includes('\\u0000'));
        expect(targetingSchema.parse(rule)).toEqual(rule);
      }),
    );
  });

  test('S-118 is refused a level deeper, whatever stands beside it', () => {
    fc.assert(
      fc.property(groupOfAny(anyCondition), fc.array(anyInner), (deepest, beside) => {
        const rule = group(...beside.slice(0, 3), group(deepest));
        expect(faults(rule).some((fault) => fault.includes('two levels'))).toBe(true);
      }),
    );
  });

  test('S-118 never makes the check itself fail, whatever JSON it is', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(() => targetingSchema.safeParse(value)).not.toThrow();
      }),
    );
  });
});
