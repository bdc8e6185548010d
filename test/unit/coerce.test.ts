import { describe, expect, test } from 'vitest';
import type { TargetFieldType } from '../../shared/domain/action.ts';
import { coerceField } from '../../shared/domain/coerce.ts';

const field = (type: TargetFieldType) => ({
  name: 'f',
  type,
  required: false,
  description: '',
  enumValues: ['a', 'b'],
});

const accepted: [TargetFieldType, unknown, unknown][] = [
  ['string', 'x', 'x'],
  ['string', 7, '7'],
  ['ref', 7, '7'],
  ['int', '42', 42],
  ['number', '1.5', 1.5],
  ['boolean', 'true', true],
  ['boolean', false, false],
  ['enum', 'b', 'b'],
  ['json', { a: [1] }, { a: [1] }],
];

const refused: [TargetFieldType, unknown][] = [
  ['string', { a: 1 }],
  ['string', ['x']],
  ['int', 1.5],
  ['int', '1e999'],
  ['int', ' '],
  ['int', true],
  ['int', '9007199254740993'],
  ['number', 'Infinity'],
  ['boolean', 'yes'],
  ['boolean', 1],
  ['enum', 'c'],
];

describe('a mapped value', () => {
  test.for(accepted)('S-023 as %s: %j becomes %j', ([type, value, wanted]) => {
    expect(coerceField(field(type), value)).toEqual({ ok: true, value: wanted });
  });

  test.for(refused)('S-023 as %s: %j is refused with a reason', ([type, value]) => {
    expect(coerceField(field(type), value)).toMatchObject({
      ok: false,
      reason: expect.any(String),
    });
  });
});
