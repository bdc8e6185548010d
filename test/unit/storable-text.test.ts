import { describe, expect, test } from 'vitest';
import {
  isStorableJson,
  isStorableText,
  toStorableJson,
  toStorableText,
} from '../../shared/domain/storable-text.ts';

describe('a text', () => {
  test.for([
    ['plain', 'a\u{1F600}\n', true],
    ['with NUL', 'a\0', false],
    ['with the first half of a pair', 'a\ud83d', false],
    ['with the second half of a pair', '\ude00a', false],
  ] as const)('%s can or cannot be stored', ([, text, isStorable]) => {
    expect(isStorableText(text)).toBe(isStorable);
    expect(isStorableJson([text])).toBe(isStorable);
    expect(isStorableJson({ [text]: 1 })).toBe(isStorable);
  });

  test('is made storable by replacing what is at fault', () => {
    expect(toStorableText('a\0\ud83d\u{1F600}')).toBe('a\uFFFD\uFFFD\u{1F600}');
  });
});

describe('JSON for a column', () => {
  test('has what is at fault replaced in names and values', () => {
    const record = { 'n\0': ['\ud83d', '\u{1F600}'] };
    expect(JSON.parse(toStorableJson(record))).toEqual({ 'n\uFFFD': ['\uFFFD', '\u{1F600}'] });
  });

  test('keeps text that only looks like an escape', () => {
    const record = { text: String.raw`\u0000 \\ud800 \" \n` };
    expect(JSON.parse(toStorableJson(record))).toEqual(record);
    expect(isStorableJson(record)).toBe(true);
  });
});
