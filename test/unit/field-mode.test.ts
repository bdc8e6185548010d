import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TargetFieldType } from '../../shared/domain/action.ts';
import { fromExpression, toExpression } from '../../shared/domain/field-mode.ts';

describe('a static value', () => {
  test.for([
    ['string', 'He said "hi"\n', '"He said \\"hi\\"\\n"'],
    ['string', '', '""'],
    ['string', '42', '"42"'],
    ['ref', 'c-1', '"c-1"'],
    ['enum', 'open', '"open"'],
    ['int', ' 42 ', '42'],
    ['int', '-7', '-7'],
    ['int', '+7', '7'],
    ['int', '1e3', '1000'],
    ['number', '0.50', '0.5'],
    ['number', '.5', '0.5'],
    ['number', '1e21', '1e+21'],
    ['boolean', ' True', 'true'],
    ['boolean', 'false', 'false'],
    ['json', '{ "a": [1, null] }', '{"a":[1,null]}'],
    ['json', '"text"', '"text"'],
  ] as const)('S-043 of type %s written %j is the literal %s', ([type, text, expression]) => {
    expect(toExpression(type, text)).toEqual({ ok: true, expression });
  });

  test.for([
    ['int', '1.5', 'INVALID_INT'],
    ['int', '', 'INVALID_INT'],
    ['int', '12a', 'INVALID_INT'],
    ['int', '9007199254740993', 'INVALID_INT'],
    ['number', 'NaN', 'INVALID_NUMBER'],
    ['number', '1e400', 'INVALID_NUMBER'],
    ['number', '0x10', 'INVALID_NUMBER'],
    ['number', ' ', 'INVALID_NUMBER'],
    ['boolean', 'yes', 'INVALID_BOOLEAN'],
    ['boolean', '1', 'INVALID_BOOLEAN'],
    ['json', '{a: 1}', 'INVALID_JSON'],
    ['json', '', 'INVALID_JSON'],
    ['json', '[1e400]', 'INVALID_JSON'],
  ] as const)('S-043 of type %s written %j is refused as %s', ([type, text, code]) => {
    expect(toExpression(type, text)).toEqual({ ok: false, code });
  });
});

describe('the mode of a field', () => {
  test.for([
    ['string', 'alert.title'],
    ['string', '"a" & "b"'],
    ['string', "'single'"],
    ['string', '42'],
    ['int', '"42"'],
    ['int', '1.5'],
    ['int', '1 + 1'],
    ['number', 'true'],
    ['boolean', 'TRUE'],
    ['boolean', 'a = b'],
    ['json', '{"a": alert.id}'],
    ['json', 'alert'],
  ] as const)('S-043 of type %s with %s is expression', ([type, expression]) => {
    expect(fromExpression(type, expression)).toEqual({ mode: 'expression' });
  });

  const texts: Readonly<Record<TargetFieldType, fc.Arbitrary<string>>> = {
    string: fc.string({ unit: 'binary' }),
    ref: fc.uuid(),
    enum: fc.string(),
    int: fc.maxSafeInteger().map(String),
    number: fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
    boolean: fc.boolean().map(String),
    json: fc.jsonValue().map((value) => JSON.stringify(value)),
  };

  test.for(Object.keys(texts) as TargetFieldType[])(
    'S-043 of type %s round-trips: what was written is shown again',
    (type) => {
      fc.assert(
        fc.property(texts[type], (text) => {
          const written = toExpression(type, text);
          expect(written.ok).toBe(true);
          const expression = written.ok ? written.expression : '';
          const shown = fromExpression(type, expression);
          expect(shown.mode).toBe('static');
          const again = shown.mode === 'static' ? toExpression(type, shown.text) : shown;
          expect(again).toEqual({ ok: true, expression });
        }),
      );
    },
  );

  test.for(['string', 'ref', 'enum', 'json', 'boolean'] as const)(
    'S-043 of type %s shows the very text that was written',
    (type) => {
      fc.assert(
        fc.property(texts[type], (text) => {
          const written = toExpression(type, text);
          const shown = fromExpression(type, written.ok ? written.expression : '');
          expect(shown).toEqual({ mode: 'static', text });
        }),
      );
    },
  );
});
