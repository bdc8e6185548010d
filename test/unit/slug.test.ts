import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { slugFromName } from '../../shared/domain/hook-slug.ts';
import { slugify, slugOfTitle } from '../../shared/domain/slug.ts';

const id = '018f2f6e-be00-7a40-9d88-6fc192405daa';

/** Any code points, lone halves of pairs among them. */
const anyText = fc
  .array(fc.oneof(fc.integer({ min: 0, max: 0x10ffff }), fc.integer({ min: 0, max: 0x7f })), {
    maxLength: 200,
  })
  .map((points) => String.fromCodePoint(...points));

describe('the slug of a title', () => {
  test.each([
    ['Getting started', 'getting-started'],
    ['  How do I pay?  ', 'how-do-i-pay'],
    ['C++ & C#: what’s new', 'c-c-what-s-new'],
    ['--- 2026 / 01 ---', '2026-01'],
    ['Über uns', 'uber-uns'],
    ['Crème brûlée', 'creme-brulee'],
    ['İstanbul', 'istanbul'],
    ['ﬁle №1', 'file-no1'],
  ])('S-119 %j is %j', (title, slug) => {
    expect(slugOfTitle(title, 'article', id)).toBe(slug);
  });

  test.each(['?!', '…', 'Συχνές ερωτήσεις', '常见问题', '\u0301'])(
    'S-119 %j, of which nothing is left, is named by its kind and id',
    (title) => {
      expect(slugOfTitle(title, 'article', id)).toBe('article-6fc192405daa');
      expect(slugOfTitle(title, 'collection', id)).toBe('collection-6fc192405daa');
    },
  );

  test('S-119 leaves room for a number in the 120 characters that are stored', () => {
    expect(slugOfTitle('a'.repeat(500), 'article', id)).toBe('a'.repeat(116));
    expect(slugOfTitle(`${'a'.repeat(115)} b`, 'article', id)).toBe('a'.repeat(115));
  });

  test('S-119 has the form of a slug, whatever the title', () => {
    fc.assert(
      fc.property(anyText, (title) => {
        const slug = slugOfTitle(title, 'article', id);
        expect(slug).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
        expect(slug.length).toBeLessThanOrEqual(116);
        expect(slugOfTitle(slug, 'article', id)).toBe(slug);
      }),
    );
  });

  test('S-044 names hooks by the same rule', () => {
    expect(slugFromName('Über alerts')).toBe('uber-alerts');
    expect(slugFromName('…')).toBeUndefined();
    expect(slugify('a b', 1)).toBe('a');
  });
});
