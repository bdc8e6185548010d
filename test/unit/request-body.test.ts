import { describe, expect, test } from 'vitest';
import { parseRequestBody } from '../../shared/domain/request-body.ts';

const form = 'application/x-www-form-urlencoded';
const read = (text: string, contentType = form, isFormTaken = true) =>
  parseRequestBody(Buffer.from(text), { contentType, isFormTaken });

describe('a form', () => {
  test('is an object of its fields; one that comes several times is a list', () => {
    expect(read('a=1&b=x+y%21&a=2&c=')).toEqual({
      ok: true,
      value: { a: ['1', '2'], b: 'x y!', c: '' },
    });
    expect(read('a=1', `${form}; charset=utf-8`)).toMatchObject({ ok: true });
  });

  test('is not taken from senders that send JSON, whatever they call it', () => {
    expect(read('a=1', form, false)).toMatchObject({ ok: false });
    expect(read('{"a":1}', form, false)).toEqual({ ok: true, value: { a: 1 } });
    expect(read('a=1', 'application/json')).toMatchObject({ ok: false });
    const unnamed = { contentType: undefined, isFormTaken: true };
    expect(parseRequestBody(Buffer.from('a=1'), unnamed)).toMatchObject({ ok: false });
  });

  test('with a field named __proto__ changes no prototype', () => {
    const parsed = read('__proto__=x&a=1');
    expect(parsed.ok && Object.getPrototypeOf(parsed.value)).toBe(Object.prototype);
    expect(parsed.ok && Object.keys(parsed.value as object)).toEqual(['__proto__', 'a']);
  });

  test('of too many fields or of bytes that are no UTF-8 is refused', () => {
    expect(read('a&'.repeat(1_000))).toMatchObject({ ok: false });
    const bytes = Buffer.from([0x61, 0x3d, 0xff]);
    const kind = { contentType: form, isFormTaken: true };
    expect(parseRequestBody(bytes, kind)).toMatchObject({ ok: false });
  });
});
